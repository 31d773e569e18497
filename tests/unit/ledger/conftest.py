"""The scene that most tests of the ledger begin with."""

import pytest

from bot.db import Database
from tests.unit.ledger.scene import Scene, make_scene


@pytest.fixture
async def scene(db: Database) -> Scene:
    return await make_scene(db)
