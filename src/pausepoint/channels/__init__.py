"""How we reach people: one file a channel, one line each in registry.py."""
