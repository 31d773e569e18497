"""The world judges the first answer to an interaction as Discord does."""

import asyncio

import discord
import pytest

from bot.sandbox.interactions import DidNotRespond
from bot.sandbox.seed import GENERAL_ID
from tests.contract.exchanges import code_of, pressed, started, texts, with_button

V2 = 1 << 15


@pytest.mark.rule("2.4/type-4")
@pytest.mark.rule("1/callback-200")
@pytest.mark.rule("1/json-type")
@pytest.mark.rule("1/rest-base")
async def test_message_answers_a_command(bot, mia):
    invocation, interaction = await started(bot, mia)

    await interaction.response.send_message("hello")

    await invocation.answered()
    [message] = mia.messages(GENERAL_ID)
    assert message["content"] == "hello"
    assert message["interaction_metadata"]["name"] == "go"
    assert message["id"] == str(invocation.message_id)


@pytest.mark.rule("2.4/resource")
async def test_answer_names_the_message_it_made(bot, mia):
    _, interaction = await started(bot, mia)

    answer = await interaction.response.send_message("hello")

    assert answer.resource.content == "hello"
    assert str(answer.message_id) == mia.messages(GENERAL_ID)[0]["id"]
    assert not answer.is_thinking()


@pytest.mark.rule("2.4/type-5")
async def test_deferral_shows_a_placeholder_until_the_edit(bot, mia):
    invocation, interaction = await started(bot, mia)

    answer = await interaction.response.defer()
    placeholder = mia.messages(GENERAL_ID)[0]
    await interaction.edit_original_response(content="done")

    assert answer.is_thinking()
    assert placeholder["flags"] & 128
    await invocation.settled()
    [message] = mia.messages(GENERAL_ID)
    assert (message["content"], message["flags"]) == ("done", 0)
    assert message["edited_timestamp"] is None
    assert message["id"] == placeholder["id"]


@pytest.mark.rule("2.4/type-6")
async def test_deferred_update_leaves_the_message_as_it_is(bot, mia):
    message_id = await with_button(bot, mia)

    invocation, press = await pressed(bot, mia, message_id)
    await press.response.defer()

    assert invocation.state == "answered"
    assert texts(mia) == ["press"]


@pytest.mark.rule("2.4/type-7")
async def test_update_changes_the_message_of_the_component(bot, mia):
    message_id = await with_button(bot, mia)

    _, press = await pressed(bot, mia, message_id)
    await press.response.edit_message(content="pressed", view=None)

    [message] = mia.messages(GENERAL_ID)
    assert (message["content"], message["components"]) == ("pressed", [])


@pytest.mark.rule("2.4/type-4")
async def test_message_answers_a_component_as_a_reply(bot, mia):
    message_id = await with_button(bot, mia)

    _, press = await pressed(bot, mia, message_id)
    await press.response.send_message("new")

    reply = mia.messages(GENERAL_ID)[-1]
    assert reply["message_reference"]["message_id"] == str(message_id)
    assert reply["interaction_metadata"]["interacted_message_id"] == str(message_id)


@pytest.mark.rule("2.4/type-9")
async def test_form_answers_a_command_but_not_a_form(bot, mia):
    invocation, interaction = await started(bot, mia)
    modal = discord.ui.Modal(title="Tell", custom_id="tell", timeout=60)
    modal.add_item(discord.ui.TextInput(label="What", custom_id="what"))

    await interaction.response.send_modal(modal)
    submission = await mia.submit(invocation, {"what": "this"})
    submitted = await bot.next_interaction()
    submitted.type = discord.InteractionType.component  # the library itself would refuse
    with pytest.raises(discord.HTTPException) as caught:
        await submitted.response.send_modal(modal)

    assert code_of(caught) == (400, 50035)
    assert submission.state == "waiting"


@pytest.mark.rule("2.4/legal")
@pytest.mark.rule("2.4/type-8")
async def test_answer_of_the_wrong_kind_is_refused_and_may_be_mended(bot, mia):
    _, interaction = await started(bot, mia)
    forged = {"type": 8, "data": {"choices": []}}
    route = discord.http.Route(
        "POST", f"/interactions/{interaction.id}/{interaction.token}/callback?with_response=1"
    )

    with pytest.raises(discord.HTTPException) as caught:
        await bot.http.request(route, json=forged)
    await interaction.response.send_message("mended")

    assert code_of(caught) == (400, 50035)
    assert texts(mia) == ["mended"]


@pytest.mark.rule("2.4/defer-flags")
async def test_deferral_takes_the_ephemeral_flag_and_no_other(bot, mia):
    _, interaction = await started(bot, mia)
    route = discord.http.Route(
        "POST", f"/interactions/{interaction.id}/{interaction.token}/callback?with_response=1"
    )

    with pytest.raises(discord.HTTPException) as caught:
        await bot.http.request(route, json={"type": 5, "data": {"flags": V2}})
    await interaction.response.defer(ephemeral=True)

    assert code_of(caught) == (400, 50035)
    assert mia.messages(GENERAL_ID)[0]["flags"] == 64 | 128


@pytest.mark.rule("2.4/40060")
@pytest.mark.rule("9/race")
async def test_of_two_answers_at_once_one_is_refused(bot, mia):
    _, interaction = await started(bot, mia)

    outcomes = await asyncio.gather(
        interaction.response.send_message("one"),
        interaction.response.send_message("two"),
        return_exceptions=True,
    )

    [refusal] = [outcome for outcome in outcomes if isinstance(outcome, discord.HTTPException)]
    assert (refusal.status, refusal.code) == (400, 40060)
    assert len(texts(mia)) == 1


@pytest.mark.rule("2.4/10062")
@pytest.mark.rule("3/first-answer")
async def test_answer_after_three_seconds_is_refused(world, bot, mia):
    invocation, interaction = await started(bot, mia)

    world.advance(3.1)
    with pytest.raises(discord.NotFound) as caught:
        await interaction.response.send_message("late")
    with pytest.raises(DidNotRespond):
        await invocation.answered()

    assert code_of(caught) == (404, 10062)
    assert invocation.state == "failed"
    assert texts(mia) == []


@pytest.mark.rule("2.4/10062")
async def test_unknown_interaction_is_refused(bot, mia):
    _, interaction = await started(bot, mia)
    interaction.token = "forged"

    with pytest.raises(discord.NotFound) as caught:
        await interaction.response.send_message("hello")

    assert code_of(caught) == (404, 10062)


@pytest.mark.rule("3/first-answer")
async def test_silence_fails_by_itself_after_three_real_seconds(bot, mia):
    invocation, _ = await started(bot, mia)

    with pytest.raises(DidNotRespond, match="The application did not respond"):
        await invocation.answered(timeout=20)


async def test_clock_moved_back_gives_the_bot_more_time(world, bot, mia):
    invocation, interaction = await started(bot, mia)

    world.advance(-60)
    world.advance(61)
    await interaction.response.send_message("in time")

    assert invocation.state == "answered"


async def test_interaction_delivered_twice_can_be_answered_once(bot, mia):
    _, first = await started(bot, mia, deliver_twice=True)
    second = await bot.next_interaction()

    await first.response.send_message("one")
    with pytest.raises(discord.HTTPException) as caught:
        await second.response.send_message("two")

    assert first.id == second.id
    assert code_of(caught) == (400, 40060)


async def test_message_made_after_a_form_names_the_form_and_its_opener(bot, mia):
    invocation, interaction = await started(bot, mia)
    modal = discord.ui.Modal(title="Tell", custom_id="tell", timeout=60)
    modal.add_item(discord.ui.TextInput(label="What", custom_id="what"))
    await interaction.response.send_modal(modal)
    await mia.submit(invocation, {"what": "this"})
    submitted = await bot.next_interaction()

    await submitted.response.send_message("told")

    made = await submitted.original_response()
    assert made.interaction_metadata.modal_interaction.id == invocation.id
