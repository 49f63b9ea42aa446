"""Requests made at random from the schemas of openapi.yaml, and links that are followed.

The generator is the check's own. Schemathesis took five of the eight seconds of processor time of a
check, half of its memory, and one operation at a time; what it changed in header fields and paths
had to be filtered out again. `tests/test_schemathesis.py` tries the mock with it, and
`make schemathesis` any server.
"""
