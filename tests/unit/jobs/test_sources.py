"""What is known of a picture by its hash, on both kinds of database: paths into JSON differ."""

from bot import jobs, ledger
from bot.db import utc_now
from bot.jobs import Made, Picture
from tests.postgres import ON_BOTH
from tests.unit.jobs.drafts import draft

pytestmark = ON_BOTH

GIVEN, BLENDED, MADE = ("a" * 64, "b" * 64, "c" * 64)


def source(sha256):
    return {"sha256": sha256, "width": 64, "height": 64}


async def test_pictures_that_jobs_start_from_and_make_are_found_by_server(db):
    inputs = {"prompt": "", "image": source(GIVEN), "images": [source(BLENDED)], jobs.OF_AI: True}
    since = utc_now()
    async with db.write() as conn:
        account = await ledger.open_account(conn, server_id=100, user_id=4)
        job = await jobs.accept(conn, draft(account_id=account, inputs=inputs))
        made = Picture(1, MADE, "image/png", 64, 64, 100, seed=None, is_nsfw=True)
        await jobs.add_pictures(conn, job.id, [made])

        used = await jobs.used_since(conn, since, server_ids=[100])
        elsewhere = await jobs.used_since(conn, since, server_ids=[100], but=True)

        assert jobs.sources_in(inputs) == {GIVEN, BLENDED}
        assert (used, elsewhere) == ({GIVEN, BLENDED, MADE}, frozenset())
        assert await jobs.made_as(conn, {MADE}) == [Made("painter", is_nsfw=True, is_of_ai=True)]
        assert await jobs.made_as(conn, {GIVEN}) == []
        assert await jobs.withheld_refunds(conn, job, since=since) == 0
        assert await jobs.last_withheld_paid(conn, account, since=since) is None
