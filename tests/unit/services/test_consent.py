"""A server's terms: agreed to once, before the first picture, and again when they change."""

import asyncio

import pytest
import sqlalchemy as sa

from bot.db.tables import consents
from bot.errors import NeedsConsent
from tests.unit.services.adults import decide
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER


async def agree(studio, needed, user_id=MIA):
    await studio.services.consents.agree(server_id=SERVER, user_id=user_id, digest=needed.digest)


async def rows(studio):
    async with studio.db.read() as conn:
        return list(await conn.execute(sa.select(consents)))


async def test_nobody_is_asked_where_there_are_no_terms(studio):
    assert (await studio.imagine()).is_new
    assert await rows(studio) == []


async def test_terms_are_agreed_to_once_for_each_person(studio):
    await decide(studio, terms="Be kind.\nDraw foxes.")
    needed = await refused(studio, studio.imagine(), NeedsConsent)

    await asyncio.gather(*(agree(studio, needed) for _ in range(10)))

    assert (needed.server_id, needed.terms) == (SERVER, "Be kind.\nDraw foxes.")
    assert [(row.server_id, row.user_id) for row in await rows(studio)] == [(SERVER, MIA)]
    assert (await studio.imagine()).is_new
    await refused(studio, studio.imagine(origin=studio.origin(user_id=SAM)), NeedsConsent)


async def test_changed_terms_ask_again_and_old_buttons_agree_to_nothing(studio):
    await decide(studio, terms="Be kind.")
    old = await refused(studio, studio.imagine(), NeedsConsent)
    await agree(studio, old)

    await decide(studio, terms="Be kind, always.")
    new = await refused(studio, studio.imagine(), NeedsConsent)

    assert new.digest != old.digest
    with pytest.raises(NeedsConsent) as caught:
        await agree(studio, old)
    assert caught.value.terms == "Be kind, always."
    await agree(studio, new)
    assert (await studio.imagine()).is_new
    assert len(await rows(studio)) == 1


async def test_consent_outlives_the_process(studio):
    await decide(studio, terms="Be kind.")
    await agree(studio, await refused(studio, studio.imagine(), NeedsConsent))

    await studio.restart().servers.refresh()

    assert (await studio.imagine()).is_new
