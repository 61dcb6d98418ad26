"""The official MCP SDK at its low level, with our own table of tools: what our server does without."""
