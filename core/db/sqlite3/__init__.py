"""SQLite, with callbacks before COMMIT."""
