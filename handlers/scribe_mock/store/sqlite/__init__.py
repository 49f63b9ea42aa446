"""Sessions and their audio in memory and in a SQLite file, so that a restart loses nothing."""
