"""Requests and answers over the network, byte for byte."""
