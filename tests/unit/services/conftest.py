"""A studio for every test that names one; at its end the books must be right."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.services.studio import Studio


@pytest.fixture
async def studio(db, tmp_path) -> AsyncIterator[Studio]:
    studio = Studio(db, tmp_path)
    yield studio
    await studio.crash()
    await studio.check_books()
