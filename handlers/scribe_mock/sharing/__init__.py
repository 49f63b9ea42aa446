"""What several servers with one Redis have in common, besides sessions and their audio."""
