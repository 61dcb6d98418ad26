"""`POST /mcp`: the MCP server over HTTP, on the same core as the one over stdio."""
