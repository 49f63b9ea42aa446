"""Judges: each says of one demand whether it is met, from the evidence alone."""
