"""PostgreSQL, with callbacks before COMMIT."""
