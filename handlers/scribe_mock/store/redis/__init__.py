"""What several servers share, in Redis or Valkey; imported only where a server uses it."""
