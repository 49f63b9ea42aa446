"""Audio: which types are supported, and what their names mean."""
