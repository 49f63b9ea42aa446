"""The soak: mixed load for minutes, after which a server must be as it was before."""
