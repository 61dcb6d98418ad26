"""Hooks of agents: requests before a tool is used, and the decisions in the agent's format."""
