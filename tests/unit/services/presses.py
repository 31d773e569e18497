"""Asking for work, and expecting to be refused."""

import pytest

from bot.services import ImageWish


def request(studio, **origin):
    wish = ImageWish("a fox", "fox", count=4)
    return studio.services.making.request_images(studio.origin(**origin), wish)


def reroll(studio, job_id, **origin):
    return studio.services.making.repeat(studio.origin(**origin), job_id, action="reroll")


def retry(studio, job_id, **origin):
    return studio.services.making.repeat(studio.origin(**origin), job_id, action="retry")


def pick(studio, job_id, number=1, **origin):
    return studio.services.making.pick(studio.origin(**origin), job_id, number)


async def refused(studio, accepting, expected):
    """Expect a refusal that leaves the database as it was."""
    before = await studio.rows()
    with pytest.raises(expected) as caught:
        await accepting
    assert await studio.rows() == before
    return caught.value
