"""Who is told, beside the card, that their job is over."""

from datetime import timedelta

import pytest

from bot.errors import SubmitUncertain
from bot.services import NotNow, Undeliverable


async def prefer(studio, notify):
    await studio.services.preferences.change(studio.origin(), notify=notify)


async def after(studio, wait: timedelta, **wish):
    """Make a picture that the person waits for so long."""
    job_id = await studio.accepted(count=1, **wish)
    studio.clock.ahead = wait
    return await studio.render(job_id)


@pytest.mark.parametrize(
    ("notify", "wait_s", "told"),
    [
        ("after a minute", 30, False),
        ("after a minute", 90, True),
        ("always", 1, True),
        ("never", 3600, False),
    ],
)
async def test_person_is_told_as_they_chose(studio, notify, wait_s, told):
    await prefer(studio, notify)

    job = await after(studio, timedelta(seconds=wait_s))

    assert [view.id for view in studio.delivery.notified] == ([job.id] if told else [])


async def test_person_who_chose_nothing_is_told_after_a_minute(studio):
    await after(studio, timedelta(seconds=90))

    assert len(studio.delivery.notified) == 1


async def test_failure_is_told_too(studio):
    studio.first.script.will("submit", SubmitUncertain("lost"))

    await after(studio, timedelta(minutes=5))

    (view,) = studio.delivery.notified
    assert view.failure == "uncertain"


async def test_private_work_mentions_nobody_in_public(studio):
    await prefer(studio, "always")

    await after(studio, timedelta(minutes=5), origin=studio.origin(is_private=True))

    assert studio.delivery.notified == []


@pytest.mark.parametrize("trouble", [NotNow("offline"), Undeliverable("no permission")])
async def test_mention_that_fails_costs_nothing(studio, trouble):
    await prefer(studio, "always")
    studio.delivery.script.will("notify", trouble)

    job = await after(studio, timedelta(minutes=5))

    assert (job.status, job.delivered) == ("done", 1)
    assert await studio.funds() == (97, 0)


async def test_what_is_delivered_nowhere_mentions_nobody(studio):
    await prefer(studio, "always")
    studio.delivery.script.will("deliver", *[Undeliverable("gone")] * 2)

    await after(studio, timedelta(minutes=5))

    assert studio.delivery.notified == []
