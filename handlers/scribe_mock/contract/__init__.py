"""`scribe-mock check`: a black-box tester of the contract.

It knows a server by HTTP alone and shares no code with the mock, so that the two can't agree by
mistake. From bottom to top:

- `address`, `wire`, `websocket`: what goes over the network, byte for byte
- `rule`, `findings`: what is demanded, and what was found
- `probe`: what a rule can do to a server
- `rules/`: the contract, one module a subject; `watch` judges every answer, `fuzz` is Schemathesis
- `engine`: runs the rules within their bounds and yields events
- `recipes`: the shortest way to every answer, as data; `following` takes its steps
- `coverage`, `reproduce`, `reports/`: what a reader gets
"""
