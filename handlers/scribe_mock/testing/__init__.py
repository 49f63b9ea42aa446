"""What Python tests use: a mock server in a thread, and the pytest plugin."""
