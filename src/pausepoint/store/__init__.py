"""Durable state: one protocol, two engines, statements by noun."""
