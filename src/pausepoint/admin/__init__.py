"""The operator's commands, over a socket to a running server or on the database; and `doctor`."""
