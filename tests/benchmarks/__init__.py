"""Benchmarks: scribe-mock beside the stock parts that it could have been made of."""
