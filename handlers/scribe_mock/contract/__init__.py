"""`scribe-mock check`: it checks any server against the contract, from outside.

It knows a server by HTTP alone and shares no code with the mock's server, so that the two cannot
have the same mistake. From bottom to top:

- `transport/`: requests and answers, byte for byte
- `core/`: grade, fault, ledger of findings, run, probe, rule, and the engine that tries the rules
- `recipes/`: the shortest requests to every answer, as data; `coverage` says which were reached
- `fuzzing/`: requests made at random from the schemas
- `rules/`: the contract, one module a subject
- `reports/`: what a reader gets
- `arguments`, `command`, `extra`: the command line
"""
