"""A studio for every test that names one; at its end the books must be right."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.unit.services.studio import Studio


@pytest.fixture
async def make_studio(db, tmp_path) -> AsyncIterator[Callable[..., Studio]]:
    """Make a studio with settings of the test's own."""
    made: list[Studio] = []

    def make(**settings: object) -> Studio:
        made.append(Studio(db, tmp_path, **settings))
        return made[-1]

    yield make
    for studio in made:
        await studio.crash()
        await studio.check_books()


@pytest.fixture
def studio(make_studio) -> Studio:
    return make_studio()
