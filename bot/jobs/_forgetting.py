"""Forgetting: a person's words and pictures go; the rows that the ledger names stay."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import attempts, favourites, jobs, pictures
from bot.jobs._history import FORGOTTEN
from bot.jobs._rows import active_of


async def forget(conn: AsyncConnection, account_id: int) -> int:
    """Empty the jobs of an account of everything but numbers; return how many had words.

    What follows goes with them: what providers were sent and said, what finds their runs again,
    pictures and favourites. A picture that somebody else has gone on from stays.
    Nothing of the account may be under way.
    """
    assert not await active_of(conn, account_id), account_id
    own = sa.select(jobs.c.id).where(jobs.c.account_id == account_id)
    await conn.execute(favourites.delete().where(favourites.c.job_id.in_(own)))
    await conn.execute(
        pictures.delete().where(
            pictures.c.job_id.in_(own),
            pictures.c.sha256.not_in(await _used_by_others(conn, account_id)),
        )
    )
    await conn.execute(
        attempts.update()
        .where(attempts.c.job_id.in_(own))
        .values(inputs={}, handle=None, failure_text=None)
    )
    return await _empty_jobs(conn, account_id)


async def _used_by_others(conn: AsyncConnection, account_id: int) -> list[str]:
    """Return the hashes of an account's pictures that other people's jobs start from."""
    parent = jobs.alias()
    found = await conn.scalars(
        sa.select(jobs.c.inputs)
        .join(parent, parent.c.id == jobs.c.parent_id)
        .where(parent.c.account_id == account_id, jobs.c.account_id != account_id)
    )
    return [inputs["image"]["sha256"] for inputs in found if "image" in inputs]


async def _empty_jobs(conn: AsyncConnection, account_id: int) -> int:
    rows = await conn.execute(
        sa.select(jobs.c.id, jobs.c.inputs).where(jobs.c.account_id == account_id)
    )
    changes = [
        {"row": job_id, "emptied": _numbers(inputs)}
        for job_id, inputs in rows
        if FORGOTTEN not in inputs
    ]
    if changes:
        emptied = sa.bindparam("emptied", type_=sa.JSON)
        await conn.execute(
            jobs.update()
            .where(jobs.c.id == sa.bindparam("row"))
            .values(
                inputs=emptied,
                token="",
                click_key=None,
                likeness=None,
                answer=None,
                failure_text=None,
            ),
            changes,
        )
    return len(changes)


def _numbers(inputs: dict[str, object]) -> dict[str, object]:
    """Return what is left of a job's inputs; `prompt` stays as a key that every reader expects."""
    kept = {name: value for name, value in inputs.items() if isinstance(value, int | float)}
    return {**kept, "prompt": "", FORGOTTEN: True}
