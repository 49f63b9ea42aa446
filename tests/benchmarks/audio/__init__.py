"""Benchmarks of single uploads: their speed, where they are cut, what they cost meanwhile."""
