"""The world judges edits and followups by an interaction's token as Discord does."""

import discord
import pytest

from bot.sandbox.seed import GENERAL_ID
from tests.contract.exchanges import button_view, code_of, pressed, started, texts, with_button


@pytest.mark.rule("2.4/50027")
@pytest.mark.rule("3/token-age")
async def test_token_dies_after_fifteen_minutes(world, bot, mia):
    invocation, interaction = await started(bot, mia)
    await interaction.response.defer()

    world.advance(15 * 60 - 10)
    await interaction.edit_original_response(content="in time")
    world.advance(11)
    with pytest.raises(discord.HTTPException) as edit:
        await interaction.edit_original_response(content="late")
    with pytest.raises(discord.HTTPException) as followup:
        await interaction.followup.send("late")

    assert code_of(edit) == code_of(followup) == (401, 50027)
    assert texts(mia) == ["in time"]
    assert invocation.state == "answered"


@pytest.mark.rule("2.4/50027")
async def test_token_of_last_week_is_still_known_as_expired(world, bot, mia):
    _, interaction = await started(bot, mia)
    await interaction.response.send_message("then")

    world.advance(7 * 86_400)
    with pytest.raises(discord.HTTPException) as caught:
        await interaction.edit_original_response(content="now")

    assert code_of(caught) == (401, 50027)


@pytest.mark.rule("3/token-age")
async def test_press_gives_a_fresh_token(world, bot, mia):
    message_id = await with_button(bot, mia)
    world.advance(3600)

    _, press = await pressed(bot, mia, message_id)
    await press.response.defer()
    await press.edit_original_response(content="fresh")

    assert texts(mia) == ["fresh"]


async def test_deferral_that_is_never_filled_fails_after_fifteen_minutes(world, bot, mia):
    invocation, interaction = await started(bot, mia)
    await interaction.response.defer()

    world.advance(15 * 60 + 1)

    assert invocation.state == "failed"


@pytest.mark.rule("4/after-15-minutes")
async def test_old_public_answer_is_edited_by_the_bots_token(world, bot, mia):
    invocation, interaction = await started(bot, mia)
    await interaction.response.send_message("working")

    world.advance(20 * 60)
    channel = bot.get_partial_messageable(GENERAL_ID)
    await channel.get_partial_message(invocation.message_id).edit(content="done")

    assert texts(mia) == ["done"]


@pytest.mark.rule("2.4/original")
async def test_first_answer_is_read_edited_and_deleted_as_original(bot, mia):
    _, interaction = await started(bot, mia)
    await interaction.response.send_message("one")

    read = await interaction.original_response()
    await interaction.edit_original_response(content="two")
    edited = texts(mia)
    await interaction.delete_original_response()

    assert (read.content, edited, texts(mia)) == ("one", ["two"], [])


@pytest.mark.rule("2.4/10008")
async def test_deleted_original_is_unknown(bot, mia):
    _, interaction = await started(bot, mia)
    await interaction.response.send_message("one")
    await interaction.delete_original_response()

    with pytest.raises(discord.NotFound) as caught:
        await interaction.edit_original_response(content="two")

    assert code_of(caught) == (404, 10008)


@pytest.mark.rule("2.4/original-component")
async def test_original_of_an_update_is_the_components_message(bot, mia):
    message_id = await with_button(bot, mia)
    _, press = await pressed(bot, mia, message_id)

    await press.response.defer()
    await press.edit_original_response(content="changed")

    [message] = mia.messages(GENERAL_ID)
    assert (message["id"], message["content"]) == (str(message_id), "changed")


@pytest.mark.rule("2.4/followup")
async def test_followup_is_sent_read_edited_and_deleted(bot, mia):
    _, interaction = await started(bot, mia)
    await interaction.response.send_message("first")

    sent = await interaction.followup.send("second", wait=True)
    read = await interaction.followup.fetch_message(sent.id)
    await sent.edit(content="changed")
    shown = texts(mia)
    await sent.delete()

    assert read.content == "second"
    assert shown == ["first", "changed"]
    assert texts(mia) == ["first"]


@pytest.mark.rule("2.4/first-followup")
@pytest.mark.rule("4/ephemeral-fixed")
async def test_first_followup_fills_the_placeholder_and_keeps_it_private(world, bot, mia):
    invocation, interaction = await started(bot, mia)
    await interaction.response.defer(ephemeral=True)

    sent = await interaction.followup.send("secret", ephemeral=False, wait=True)

    assert sent.id == invocation.message_id
    assert invocation.state == "answered"
    assert texts(world.person("max")) == []
    assert texts(mia) == ["secret"]


@pytest.mark.rule("4/ephemeral-fixed")
async def test_public_placeholder_stays_public(world, bot, mia):
    _, interaction = await started(bot, mia)
    await interaction.response.defer()

    await interaction.followup.send("shown", ephemeral=True)

    assert texts(world.person("max")) == ["shown"]


@pytest.mark.rule("4/ephemeral-person")
async def test_ephemeral_answer_is_seen_by_one_person(world, bot, mia):
    _, interaction = await started(bot, mia)

    await interaction.response.send_message("secret", ephemeral=True)

    assert texts(mia) == ["secret"]
    assert texts(world.person("olga")) == []


@pytest.mark.rule("4/ephemeral-bot")
async def test_bots_token_cannot_see_an_ephemeral_answer(bot, mia):
    invocation, interaction = await started(bot, mia)
    await interaction.response.send_message("secret", ephemeral=True)
    message = bot.get_partial_messageable(GENERAL_ID).get_partial_message(invocation.message_id)

    with pytest.raises(discord.NotFound) as edit:
        await message.edit(content="changed")
    with pytest.raises(discord.NotFound) as fetch:
        await message.fetch()
    await interaction.edit_original_response(content="by token")

    assert code_of(edit) == code_of(fetch) == (404, 10008)
    assert texts(mia) == ["by token"]


async def test_dismissed_message_is_gone_for_its_person_only_on_the_screen(bot, mia):
    invocation, interaction = await started(bot, mia)
    await interaction.response.send_message("secret", ephemeral=True)

    mia.dismiss(invocation.message_id)
    await interaction.edit_original_response(content="still there")

    assert texts(mia) == []


@pytest.mark.rule("4/mentions")
async def test_answer_mentions_users_and_never_everyone(world, bot, mia):
    _, interaction = await started(bot, mia)

    await interaction.response.send_message(f"<@{world.person('max').user_id}> @everyone")

    [message] = mia.messages(GENERAL_ID)
    assert [user["global_name"] for user in message["mentions"]] == ["Max"]
    assert not message["mention_everyone"]


@pytest.mark.rule("4/mentions")
async def test_allowed_mentions_silence_an_answer(world, bot, mia):
    _, interaction = await started(bot, mia)

    await interaction.response.send_message(
        f"<@{world.person('max').user_id}>", allowed_mentions=discord.AllowedMentions.none()
    )

    assert mia.messages(GENERAL_ID)[0]["mentions"] == []


@pytest.mark.rule("10/token-edit")
async def test_webhook_built_from_stored_ids_edits_a_private_answer(bot, mia):
    invocation, interaction = await started(bot, mia)
    await interaction.response.defer(ephemeral=True)

    webhook = discord.Webhook.partial(bot.application_id, interaction.token, client=bot)
    await webhook.edit_message(invocation.message_id, content="later", view=button_view())

    [message] = mia.messages(GENERAL_ID)
    assert message["content"] == "later"
    assert message["components"][0]["components"][0]["custom_id"] == "again"


async def test_token_does_not_reach_messages_of_another_interaction(bot, mia):
    other_id = await with_button(bot, mia)
    _, interaction = await started(bot, mia)
    await interaction.response.send_message("mine")

    with pytest.raises(discord.NotFound) as caught:
        await interaction.followup.edit_message(other_id, content="stolen")

    assert code_of(caught) == (404, 10008)
