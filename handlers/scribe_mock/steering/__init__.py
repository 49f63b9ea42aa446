"""Steering: scopes, faults, lock-step, the journal and the ledger."""
