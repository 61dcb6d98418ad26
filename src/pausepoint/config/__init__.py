"""The operator's settings: the table of them, their parsers, and the rules for hooks."""
