"""What agents' own hooks post before they use a tool, and the answer in their words."""
