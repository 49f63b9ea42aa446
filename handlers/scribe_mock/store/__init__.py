"""Where sessions and their audio are stored: one protocol, one implementation a module."""
