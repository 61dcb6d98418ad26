"""awaithumans: a server that asks people on behalf of agents."""
