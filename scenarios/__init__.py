"""Scenarios: what people do at doors and what must follow, as pages that name no implementation."""
