"""The page's routes: what they tell, and what they do."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox.guard import TOKEN_HEADER
from bot.sandbox.messages import EPHEMERAL, Sending
from bot.sandbox.seed import GENERAL_ID, MIA_ID, MOD_LOG_ID
from tests.contract.visitor import PAGE_TOKEN, SAY, Visitor, visiting


@pytest.fixture
async def site() -> AsyncIterator[Visitor]:
    async with visiting() as visitor:
        yield visitor


# What is told


async def test_page_carries_the_token_and_no_other_host(site):
    async with site.http.get(site.url("/")) as answer:
        text = await answer.text()

    assert text.count(PAGE_TOKEN) == 1
    assert "://" not in text


async def test_snapshot_holds_what_this_person_sees(site):
    async with site.events("mia") as mia, site.events("max") as moderator:
        hers, his = await mia.receive_json(), await moderator.receive_json()

    assert hers["me"] == str(MIA_ID)
    assert [channel["name"] for channel in hers["channels"]] == ["general", "gallery", "after-dark"]
    assert str(MOD_LOG_ID) in his["messages"]
    assert [(one["name"], one["title"]) for one in hers["people"]] == [
        ("Mia", "member"),
        ("Max", "moderator"),
        ("Olga", "owner"),
    ]


async def test_private_message_is_told_to_its_person_only(site):
    world = site.world
    async with site.events("mia") as mia, site.events("max") as moderator:
        await mia.receive_json(), await moderator.receive_json()
        private = world.new_message(GENERAL_ID, world.bot.id, visible_to=MIA_ID, flags=EPHEMERAL)
        world.post(private, Sending({"content": "for Mia"}))
        await world.person("olga").say(GENERAL_ID, "for all")

        hers = [await mia.receive_json() for _ in range(2)]
        his = await moderator.receive_json()

    assert [change["message"]["content"] for change in hers] == ["for Mia", "for all"]
    assert his["message"]["content"] == "for all"


async def test_dismissed_message_is_gone_even_when_the_bot_edits_it(site):
    world = site.world
    async with site.events("mia") as mia, site.events("max") as moderator:
        await mia.receive_json(), await moderator.receive_json()
        private = world.new_message(GENERAL_ID, world.bot.id, visible_to=MIA_ID, flags=EPHEMERAL)
        world.post(private, Sending({"content": "for Mia"}))
        world.person("mia").dismiss(private.id)
        world.edit(private, Sending({"content": "for Mia again"}))
        await world.person("olga").say(GENERAL_ID, "for all")

        hers = [await mia.receive_json() for _ in range(2)]
        his = await moderator.receive_json()

    assert [change["type"] for change in hers] == ["message_delete", "message"]
    assert his["message"]["content"] == "for all"


async def test_change_of_a_hidden_channel_is_not_told(site):
    moderator = site.world.person("max")
    async with site.events("mia") as mia:
        await mia.receive_json()
        secret = await moderator.say(MOD_LOG_ID, "staff only")
        await moderator.delete_message(secret.id)
        await moderator.say(GENERAL_ID, "for all")

        told = await mia.receive_json()

    assert told["message"]["content"] == "for all"


async def test_new_channel_and_new_commands_are_told_as_a_snapshot(site):
    async with site.events("mia") as mia:
        await mia.receive_json()
        site.world.add_channel("new-place")
        with_channel = await mia.receive_json()
        site.world.commands.overwrite(None, [{"name": "hi", "description": "Say hi", "type": 1}])
        with_command = await mia.receive_json()

    assert "new-place" in [channel["name"] for channel in with_channel["channels"]]
    assert [one["name"] for one in with_command["commands"][str(GENERAL_ID)]] == ["hi"]


async def test_closed_page_is_forgotten(site):
    before = len(site.world.changes._subscribers)
    async with site.events("mia") as mia:
        await mia.receive_json()
        during = len(site.world.changes._subscribers)

    assert during == before + 1
    for _ in range(500):
        if len(site.world.changes._subscribers) == before:
            break
        await asyncio.sleep(0.01)
    assert len(site.world.changes._subscribers) == before


# What is done


async def test_refusal_of_the_client_comes_back_in_its_words(site):
    outcome = await site.act(act="say", channel_id=str(MOD_LOG_ID), content="hello")

    assert outcome == {"refused": "There is no such channel"}


async def test_broken_rule_comes_back_in_words(site):
    outcome = await site.act(act="say", channel_id=str(GENERAL_ID), content="x" * 2001)

    assert "refused" in outcome
    assert site.said() == []


async def test_silent_application_is_told_as_such(site):
    site.world.commands.overwrite(None, [{"name": "hi", "description": "Say hi", "type": 1}])
    deed = {"act": "slash", "channel_id": str(GENERAL_ID), "path": "hi", "options": {}}
    acting = asyncio.create_task(site.act(**deed))
    await site.world.wait_for(site.world.interactions.all, 5)

    site.world.advance(4)

    assert await acting == {"failed": "The application did not respond"}


async def test_files_travel_with_an_act(site):
    form = aiohttp.FormData({"act": json.dumps(SAY)}, quote_fields=False)
    form.add_field("file.message", b"abc", filename="a b.txt")

    headers = {TOKEN_HEADER: PAGE_TOKEN}
    async with site.http.post(site.url("/page/act"), data=form, headers=headers) as answer:
        outcome = await answer.json()

    message = site.world.messages.wire(site.world.messages.find(int(outcome["message_id"])))
    assert [(file["filename"], file["size"]) for file in message["attachments"]] == [("a_b.txt", 3)]


async def test_only_an_own_or_a_moderators_hand_deletes(site):
    message = await site.world.person("mia").say(GENERAL_ID, "mine")
    deed = {"act": "delete", "message_id": str(message.id)}

    by_nobody = await site.act(**deed | {"message_id": "1"})
    by_moderator = await site.act(**deed | {"as": "max"})

    assert by_nobody == {"refused": "There is no such message"}
    assert by_moderator == {}
    assert site.said() == []


async def test_form_of_somebody_else_cannot_be_submitted(site):
    outcome = await site.act(act="submit", interaction_id="123", values={})

    assert outcome == {"refused": "There is no open form"}
