"""Compares a server's own OpenAPI document with the contract, rule by rule, before the run."""
