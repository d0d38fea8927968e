"""Plumbing of all tests: databases, which rule each test proves, how hypothesis runs."""

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.support.databases",
    "tests.support.quick",
    "tests.support.rules_plugin",
]

# Machines that run the tests are shared and noisy: how long one example takes proves nothing.
settings.register_profile("dispatch", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dispatch")
