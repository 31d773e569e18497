"""A media folder of its own for every test that names one."""

import pytest

from bot.media import Media


@pytest.fixture
def media(tmp_path) -> Media:
    return Media(tmp_path / "media")
