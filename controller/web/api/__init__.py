"""The JSON twin of the panel under /api/v1; errors are problem+json with what, why and now."""
