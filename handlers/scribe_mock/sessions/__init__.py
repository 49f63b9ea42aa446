"""The domain, without HTTP and without I/O: sessions, their states, outcomes, and the clock."""
