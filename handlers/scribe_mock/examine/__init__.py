"""`scribe-mock examine`: puts a client through the gauntlet, and grades it."""
