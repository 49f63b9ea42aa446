"""Documentation pages, rendered from the OpenAPI files."""
