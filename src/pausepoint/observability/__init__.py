"""Logs, metrics, and the hooks that they are fed by."""
