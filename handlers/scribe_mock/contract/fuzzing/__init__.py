"""Requests that Schemathesis generates from the OpenAPI document."""
