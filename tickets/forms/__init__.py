"""What people type about tickets: one module a room of the app."""
