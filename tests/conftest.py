"""Plumbing of all tests: databases, and which rule each test proves."""

pytest_plugins = ["tests.support.databases", "tests.support.rules_plugin"]
