"""What lies between people, handed over and deleted with the rest of a person's things."""

import json

from bot.db.tables import appeals, consents, reports, sanctions
from bot.services import Deed
from tests.unit.services.studio import MIA, SAM, SERVER

SECRET = "a secret garden"
UNASKED = "never given"


async def dealt(studio):
    """Let Mia have a streak, gifts, and something to settle with the moderators."""
    services = studio.services
    studio.outside.roles = {(SERVER, MIA): frozenset(), (SERVER, SAM): frozenset()}
    await services.credits.claim_daily(server_id=SERVER, user_id=MIA)
    for giver, taker, words in ((MIA, SAM, SECRET), (SAM, MIA, "from Sam"), (MIA, SAM, UNASKED)):
        origin = studio.origin(user_id=giver)
        gift = await services.gifts.ask(origin, taker_id=taker, amount=10, message=words)
        if words != UNASKED:
            await services.gifts.give(studio.origin(user_id=giver), gift.id)
    job = await studio.finished(count=1, origin=studio.origin(user_id=SAM))
    now = {"server_id": SERVER, "created_at": studio.clock()}
    mine = {**now, "user_id": MIA}
    told = {"job_id": job.id, "number": 1, "reason": "other", "note": SECRET, "status": "open"}
    warned = {"id": 1, "kind": "warn", "points": 1, "reason": "rude", "staff_id": SAM}
    noted = {**warned, "id": 2, "kind": "note", "reason": "watch out"}
    said = {"sanction_id": 1, "words": SECRET, "status": "denied", "outcome": "no"}
    agreed = {"server_id": SERVER, "user_id": MIA, "terms": "f00", "agreed_at": studio.clock()}
    async with studio.db.write() as conn:
        await conn.execute(reports.insert().values({**now, **told, "reporter_id": MIA}))
        await conn.execute(sanctions.insert().values({**mine, **warned}))
        await conn.execute(sanctions.insert().values({**mine, **noted}))
        for action in ("warn", "note", "dismiss report"):
            deed = Deed(action, MIA, reason=f"{action}: watch out")
            await services.staff.write(conn, studio.origin(user_id=SAM), deed)
        await conn.execute(appeals.insert().values({**mine, **said}))
        await conn.execute(consents.insert().values(agreed))


async def test_export_holds_what_lies_between_people_and_nobodys_name(studio):
    await dealt(studio)

    made = await studio.services.privacy.export(studio.origin())

    told = json.loads(made.data)
    assert [one["days"] for one in told["streak"]] == [1]
    assert [(one["message"], one["status"]) for one in told["gifts_given"]] == [
        (SECRET, "given"),
        (UNASKED, "asked"),
    ]
    assert [(one["message"], one["amount"]) for one in told["gifts_received"]] == [("from Sam", 10)]
    assert [one["note"] for one in told["reports"]] == [SECRET]
    assert [(one["kind"], one["reason"]) for one in told["sanctions"]] == [("warn", "rude")]
    assert [one["action"] for one in told["moderation"]] == ["warn"]
    assert [(one["words"], one["outcome"]) for one in told["appeals"]] == [(SECRET, "no")]
    assert [one["terms"] for one in told["consents"]] == ["f00"]
    assert "r_id" not in str(
        [told[name] for name in ("gifts_given", "gifts_received", "sanctions")]
    )


async def test_deleting_takes_the_words_between_people_and_leaves_the_books(studio):
    await dealt(studio)

    await studio.services.privacy.forget(studio.origin())

    rows = await studio.rows()
    assert SECRET not in str(rows)
    assert UNASKED not in str(rows)
    assert "from Sam" in str(rows)
    assert [len(rows[name]) for name in ("streaks", "consents", "gifts")] == [0, 0, 2]
    assert [len(rows[name]) for name in ("reports", "sanctions", "appeals")] == [1, 2, 1]
    assert (await studio.funds(), await studio.funds(SAM)) == ((125, 0), (97, 0))
