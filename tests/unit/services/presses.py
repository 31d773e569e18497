"""Asking for work, and expecting to be refused."""

import pytest

from bot.services import ImageWish


def request(studio, **origin):
    wish = ImageWish("a fox", "fox", count=4)
    return studio.services.making.request_images(studio.origin(**origin), wish)


def reroll(studio, job_id, **origin):
    return studio.services.making.follow_up(studio.origin(**origin), job_id, 0, action="reroll")


def retry(studio, job_id, **origin):
    return studio.services.making.follow_up(studio.origin(**origin), job_id, 0, action="retry")


def press(studio, job_id, action, number=1, **origin):
    making = studio.services.making
    return making.follow_up(studio.origin(**origin), job_id, number, action=action)


def remix(studio, job_id, prompt, **origin):
    making = studio.services.making
    return making.follow_up(studio.origin(**origin), job_id, 0, action="remix", prompt=prompt)


def pick(studio, job_id, number=1, **origin):
    return studio.services.making.pick(studio.origin(**origin), job_id, number)


async def refused(studio, accepting, expected):
    """Expect a refusal that leaves the database as it was."""
    before = await studio.rows()
    with pytest.raises(expected) as caught:
        await accepting
    assert await studio.rows() == before
    return caught.value
