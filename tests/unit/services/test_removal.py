"""Removal and the feed: what is taken away is shown nowhere, what is made is shown once."""

import asyncio
from datetime import timedelta

import pytest

from bot import ledger
from bot.db.tables import pictures
from bot.errors import JobRemoved, NoSuchPicture, NotPermitted, OwnCredits, UnknownJob
from bot.jobs import read_pictures
from bot.policy import ServerSettings, Tier
from bot.services import FeedPost, Looked, NotNow, Place, PresetDraft, Showing, Takeaway
from bot.services.delivery import TooLarge
from bot.services.gates import Asked
from bot.services.orders import Order
from tests.unit.services.presses import pick, press, refused, remix, reroll
from tests.unit.services.studio import SAM, SERVER

FEED = 88
MAX = 13


def staff(studio, **changes):
    return studio.origin(**{"user_id": MAX, "is_staff": True, **changes})


def remove(studio, job_id, number=None, *, refunds=False, **origin):
    takeaway = Takeaway(job_id, number, "gore", refunds=refunds)
    return studio.services.removal.remove(staff(studio, **origin), takeaway)


async def set_feed(studio, channel_id=FEED):
    async with studio.db.write() as conn:
        await studio.services.servers.write(conn, SERVER, {"feed_channel": channel_id})
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


async def test_moderators_give_themselves_nothing_back_and_administrators_may(studio):
    job = await studio.finished(count=4)
    own = {"refunds": True, "user_id": job.user_id}

    await refused(studio, remove(studio, job.id, **own), OwnCredits)
    taken = await remove(studio, job.id, is_admin=True, **own)
    assert taken.refunded == 12


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


async def test_message_that_comes_after_the_removal_goes_too(studio):
    job = await studio.finished()
    await remove(studio, job.id)
    await studio.services.errands.run_all()

    await studio.services.removal.note_copy(job.id, channel_id=444, message_id=555)
    await studio.services.errands.run_all()

    assert Place(444, 555) in studio.outside.removed


async def test_feed_post_of_what_was_just_removed_goes_too(studio):
    await set_feed(studio)
    job = await studio.finished()
    gate = studio.outside.script.gate("post")
    showing = asyncio.create_task(studio.services.errands.run_all())
    await gate.reached()

    await remove(studio, job.id)
    gate.open()

    assert await showing
    assert feed(studio) == []


@pytest.mark.parametrize("point", ["asked", "follow", "deliver", "delivered"])
async def test_work_under_way_does_not_show_a_removed_picture_again(studio, point):
    """Somebody presses Upscale, and the source is removed at some point before it is over."""
    job = await studio.finished(count=2)
    funds = await studio.funds()
    upscaled = (await press(studio, job.id, "up_subtle", 2)).view.id
    script = studio.first.script if point == "follow" else studio.delivery.script
    gate = script.gate(point)
    rendering = studio.begin(upscaled) if point != "asked" else None
    if rendering is not None:
        await gate.reached()

    taken = await remove(studio, job.id, 2)
    gate.open()
    await (rendering or studio.render(upscaled))

    over, outcome = await studio.job(upscaled), studio.delivery.outcome(upscaled)
    assert taken.jobs == 1
    assert (over.status, over.failure, over.charged) == ("failed", "removed", 0)
    assert (outcome.view.failure, outcome.files) == ("removed", ())
    assert await studio.funds() == funds
    await refused(studio, press(studio, upscaled, "up_subtle", 1), JobRemoved)


async def test_work_from_another_picture_goes_on(studio):
    job = await studio.finished(count=2)
    upscaled = (await press(studio, job.id, "up_subtle", 1)).view.id

    await remove(studio, job.id, 2)

    assert (await studio.render(upscaled)).status == "done"


async def test_staff_are_told_which_message_stays_and_the_others_go(studio):
    await set_feed(studio)
    job = await studio.finished(count=2)
    await studio.services.errands.run_all()
    for channel_id in (444, 445):
        noted = {"channel_id": channel_id, "message_id": channel_id + 100}
        await studio.services.removal.note_copy(job.id, **noted)
    studio.outside.closed.add(444)
    studio.outside.script.will("edit", TooLarge("too many bytes"))

    await remove(studio, job.id, 1)
    assert await studio.services.errands.run_all()

    assert studio.outside.removed == [Place(job.channel_id, job.message_id)]
    assert [len(post.files) for post in feed(studio)] == [1]
    assert isinstance(studio.outside.posted[Place(445, 545)], Showing)
    told = [row for row in (await studio.rows())["staff_actions"] if "message stays" in row]
    assert len(told) == 1
    assert f"https://discord.com/channels/{SERVER}/444/544" in told[0]


async def test_old_feed_post_stays_one_after_the_feed_moved(studio):
    await set_feed(studio)
    job = await studio.finished(count=2)
    await studio.services.errands.run_all()
    await set_feed(studio, None)

    await remove(studio, job.id, 1)
    await studio.services.errands.run_all()

    assert [[file.number for file in post.files] for post in feed(studio)] == [[2]]


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
