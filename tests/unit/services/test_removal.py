"""Removal and the feed: what is taken away is shown nowhere, what is made is shown once."""

from datetime import timedelta

import pytest

from bot import ledger
from bot.db.tables import pictures
from bot.errors import JobRemoved, NoSuchPicture, NotPermitted, UnknownJob
from bot.jobs import read_pictures
from bot.policy import ServerSettings, Tier
from bot.services import FeedPost, Looked, NotNow, Place, PresetDraft, Showing, Takeaway
from bot.services.gates import Asked
from bot.services.orders import Order
from tests.unit.services.presses import pick, refused, remix, reroll
from tests.unit.services.studio import SAM, SERVER

FEED = 88
MAX = 13


def staff(studio, **changes):
    return studio.origin(**{"user_id": MAX, "is_staff": True, **changes})


def remove(studio, job_id, number=None, *, refunds=False, **origin):
    takeaway = Takeaway(job_id, number, "gore", refunds=refunds)
    return studio.services.removal.remove(staff(studio, **origin), takeaway)


async def set_feed(studio):
    async with studio.db.write() as conn:
        await studio.services.servers.write(conn, SERVER, {"feed_channel": FEED})
    await studio.services.servers.refresh()


def feed(studio):
    return [post for post in studio.outside.posted.values() if isinstance(post, FeedPost)]


async def test_nothing_shows_a_removed_job_again(studio):
    job = await studio.finished(seed=7)
    await studio.services.favourites.toggle(studio.origin(), job.id, 1)

    await remove(studio, job.id)

    services = studio.services
    draft = PresetDraft("fox", job.id)
    for again in (
        services.work.find_shown(studio.origin(), job.id),
        pick(studio, job.id),
        reroll(studio, job.id),
        remix(studio, job.id, "a wolf"),
        services.favourites.toggle(studio.origin(), job.id, 1),
        services.presets.save(studio.origin(), draft),
        remove(studio, job.id),
    ):
        await refused(studio, again, JobRemoved)
    for looked in (Looked(), Looked(is_favourite=True)):
        assert (await services.history.page(studio.origin(), looked)).lines == ()
    view = await services.work.look(studio.origin(), job.id)
    assert (view.pictures, view.prices) == ((), {})
    made_anew = await studio.imagine(seed=7)
    assert made_anew.view.action != "reuse"


async def test_every_message_that_shows_it_is_deleted_also_after_a_restart(studio):
    await set_feed(studio)
    job = await studio.finished(count=1)
    alone = await studio.render((await pick(studio, job.id, 1, user_id=SAM)).view.id)
    await studio.services.errands.run_all()
    in_feed = next(iter(studio.outside.posted))
    await studio.services.removal.note_copy(job.id, channel_id=444, message_id=555)
    await studio.services.removal.note_copy(job.id, channel_id=444, message_id=555)

    taken = await remove(studio, job.id)
    studio.outside.script.will("remove", NotNow("away"))
    assert not await studio.services.errands.run_all()
    studio.restart()
    assert await studio.services.errands.run_all()

    gone = {
        Place(job.channel_id, job.message_id),
        Place(alone.channel_id, alone.message_id),
        Place(444, 555),
        in_feed,
    }
    assert taken.jobs == 2
    assert gone == set(studio.outside.removed)


async def test_one_picture_goes_and_the_others_stay(studio):
    await set_feed(studio)
    job = await studio.finished(count=4)
    alone = await studio.render((await pick(studio, job.id, 2)).view.id)
    await studio.services.errands.run_all()
    before, _ = await studio.funds()

    taken = await remove(studio, alone.id, refunds=True)
    await studio.services.errands.run_all()

    after, _ = await studio.funds()
    view = await studio.services.work.find_shown(studio.origin(), job.id)
    assert [picture.number for picture in view.pictures] == [1, 3, 4]
    assert (taken.jobs, taken.refunded, after - before) == (2, 3, 3)
    edited = studio.outside.posted[Place(job.channel_id, job.message_id)]
    assert isinstance(edited, Showing)
    assert [file.number for file in edited.files] == [1, 3, 4]
    assert edited.view.count == 3
    assert [[file.number for file in post.files] for post in feed(studio)] == [[1, 3, 4]]
    assert (await studio.job(alone.id)).is_removed
    await refused(studio, pick(studio, job.id, 2), NoSuchPicture)


@pytest.mark.parametrize(("number", "expected"), [(None, JobRemoved), (2, NoSuchPicture)])
async def test_what_is_removed_while_it_is_picked_is_not_shown(studio, number, expected):
    """The press looked before the removal and is accepted after it."""
    job = await studio.finished(count=4)
    async with studio.db.read() as conn:
        seen = [one for one in await read_pictures(conn, job.id) if one.number == 2]
    await remove(studio, job.id, number)
    order = Order("fox", "Fox", "imagine", {}, count=1, price=0, cost_usd_micros=0, lane="fast")
    origin, now = studio.origin(), studio.clock()
    late = Asked(
        origin, job.account_id, "pick", order, ServerSettings(), Tier(), now, job,
        is_shown_only=True, number=2, pictures=tuple(seen),
    )  # fmt: skip

    with pytest.raises(expected):
        async with studio.db.write() as conn:
            await studio.services.moderation.check(conn, late)


async def test_credits_come_back_once_whichever_way_it_is_removed(studio):
    job = await studio.finished(count=4)
    before, _ = await studio.funds()

    one = await remove(studio, job.id, 2, refunds=True)
    rest = await remove(studio, job.id, refunds=True)

    after, _ = await studio.funds()
    assert (one.refunded, rest.refunded) == (3, 9)
    assert after - before == job.price == 12


async def test_empty_treasury_keeps_nothing_from_being_removed(studio):
    job = await studio.finished(count=4)
    async with studio.db.write() as conn:
        left = await ledger.read_treasury(conn, SERVER)
        account = await ledger.open_account(conn, server_id=SERVER, user_id=SAM)
        await ledger.grant(conn, key="all", account_id=account, purse="granted", amount=left)

    taken = await remove(studio, job.id, refunds=True)

    assert (taken.refunded, taken.owed) == (0, 12)
    assert (await studio.job(job.id)).is_removed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"is_staff": False}, NotPermitted), ({"server_id": 999}, UnknownJob)],
)
async def test_strangers_remove_nothing(studio, changes, expected):
    job = await studio.finished()

    await refused(studio, remove(studio, job.id, **changes), expected)


async def test_feed_shows_every_public_picture_once(studio):
    await set_feed(studio)
    job = await studio.finished(count=2)
    await studio.render((await pick(studio, job.id, 1)).view.id)
    await studio.finished(origin=studio.origin(is_private=True))
    await studio.finished(origin=studio.origin(channel_id=FEED))

    await studio.services.errands.run_all()
    studio.restart()
    await studio.services.servers.start()
    await studio.services.errands.run_all()

    (post,) = feed(studio)
    assert (post.view.id, len(post.files)) == (job.id, 2)


async def test_feed_makes_up_for_a_downtime_but_not_for_days(studio):
    await set_feed(studio)
    job = await studio.finished()
    studio.outside.script.will("post", NotNow("away"))
    assert not await studio.services.errands.run_all()
    studio.restart()
    await studio.services.servers.start()
    late = await studio.finished()
    studio.outside.script.will("post", NotNow("away"), NotNow("away"))
    await studio.services.errands.run_all()
    studio.clock.ahead = timedelta(hours=20)

    await studio.services.errands.run_all()
    assert {post.view.id for post in feed(studio)} == {job.id, late.id}

    await studio.finished()
    studio.clock.ahead = timedelta(days=3)
    await studio.services.errands.run_all()
    assert len(feed(studio)) == 2


async def test_feed_shows_nothing_that_was_removed_or_is_for_adults(studio):
    await set_feed(studio)
    removed = await studio.finished()
    await remove(studio, removed.id)
    flagged = await studio.finished(seed=3)
    async with studio.db.write() as conn:
        mine = pictures.c.job_id == flagged.id
        await conn.execute(pictures.update().where(mine).values(is_nsfw=True))

    assert await studio.services.errands.run_all()

    assert feed(studio) == []
