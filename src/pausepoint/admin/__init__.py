"""The operator's commands, by a socket to a running server or without one; and `doctor`."""
