"""What all tests share."""

import os

import pytest


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run two more than there are processors: many tests wait for processes of their own."""
    return (os.cpu_count() or 1) + 2
