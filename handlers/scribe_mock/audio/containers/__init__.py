"""Container formats: one module each, and the registry of them."""
