"""The answers: one module a tag of `openapi.yaml`, the control API, and the JSON forms."""
