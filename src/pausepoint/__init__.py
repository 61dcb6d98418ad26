"""PausePoint: an AI agent stops, asks a person, and goes on with the answer."""

__version__ = "0.1.0"
