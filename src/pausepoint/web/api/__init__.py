"""The API's handlers, one file a URL prefix: each calls one operation."""
