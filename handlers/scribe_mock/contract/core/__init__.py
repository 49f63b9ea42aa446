"""The core of the check: grade, fault, ledger of findings, run, probe, rule, engine."""
