"""Reports of test cases, whatever was tried: a server by rules, or a client by scenarios."""
