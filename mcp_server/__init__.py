"""PausePoint's MCP server: five tools by which an agent asks a person and waits for the answer."""
