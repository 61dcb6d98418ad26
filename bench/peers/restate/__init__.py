"""Restate: a server of its own that keeps durable promises for services."""
