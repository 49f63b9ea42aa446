"""The fixtures: the outcomes of processing, and the sessions that a fresh server has."""
