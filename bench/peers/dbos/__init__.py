"""DBOS Transact: durable workflows as a library, on SQLite or PostgreSQL."""
