"""Fixtures of the whole stories."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.stage import Stage, running_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A world without a bot yet."""
    async with running_stage(tmp_path) as stage:
        yield stage
