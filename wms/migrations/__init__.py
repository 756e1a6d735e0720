"""How a database comes to this version's schema, from the first table on, on SQLite and on PostgreSQL alike."""
