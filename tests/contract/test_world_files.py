"""The world judges files and Components V2 as Discord does."""

import io

import aiohttp
import discord
import pytest

from bot.sandbox.seed import GENERAL_ID
from tests.contract.exchanges import code_of
from tests.pictures import png


def picture(name: str = "fox.png", *, width: int = 40, description: str | None = None):
    return discord.File(io.BytesIO(png(width, 30)), name, description=description)


def gallery(*files, text: str = "a fox") -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=None)
    box = discord.ui.Container(accent_colour=0x5865F2)
    box.add_item(discord.ui.TextDisplay(text))
    if files:
        box.add_item(discord.ui.MediaGallery(*(discord.MediaGalleryItem(file) for file in files)))
    view.add_item(box)
    return view


def media_of(message: dict) -> list[dict]:
    [container] = message["components"]
    return [item["media"] for item in container["components"][1]["items"]]


async def fetched(url: str) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.read()


@pytest.fixture
def general(bot):
    return bot.get_channel(GENERAL_ID)


@pytest.mark.rule("3/file-size")
async def test_too_large_file_is_refused(world, bot, general):
    world.file_limit_bytes = len(png(40, 30)) - 1

    with pytest.raises(discord.HTTPException) as caught:
        await general.send(file=picture())

    assert code_of(caught) == (413, 40005)


@pytest.mark.rule("3/request-size")
async def test_files_over_the_request_limit_are_refused(bot, general):
    files = [discord.File(io.BytesIO(bytes(9 << 20)), f"{n}.bin") for n in range(3)]

    with pytest.raises(discord.HTTPException) as caught:
        await general.send(files=files)

    assert code_of(caught) == (400, 50045)


@pytest.mark.rule("1/multipart")
@pytest.mark.rule("1/number-ids")
@pytest.mark.rule("1/openapi")
@pytest.mark.rule("1/attachment-url")
async def test_files_are_uploaded_measured_and_served(world, bot, general):
    sent = await general.send("two", files=[picture(description="a fox"), picture("b.png")])

    first, second = sent.attachments
    body = await first.read()

    assert (first.description, first.width, first.height) == ("a fox", 40, 30)
    assert (first.content_type, second.filename) == ("image/png", "b.png")
    assert body == png(40, 30)
    assert world.requests[-1].files == ["fox.png", "b.png"]
    assert world.requests[-1].body["attachments"][0]["id"] == 0


async def test_files_of_a_deleted_message_are_gone(bot, general):
    sent = await general.send(file=picture())
    url = sent.attachments[0].url
    before = await fetched(url)

    await sent.delete()

    assert before == (200, png(40, 30))
    assert (await fetched(url))[0] == 404


@pytest.mark.rule("4/file-name")
async def test_file_name_keeps_only_safe_letters(bot, general):
    sent = await general.send(file=picture("füchse & co.png"))

    assert sent.attachments[0].filename == "f_chse_co.png"


@pytest.mark.rule("4/file-once")
async def test_file_sent_twice_is_empty_the_second_time(bot, general):
    file = discord.File(io.BytesIO(png(40, 30)), "fox.png")
    first = await general.send(file=file)
    second = await general.send("again", file=file)

    assert first.attachments[0].size == len(png(40, 30))
    assert second.attachments[0].size == 0


@pytest.mark.rule("4/edit-files")
async def test_edit_keeps_all_files_unless_it_names_the_new_set(bot, general):
    sent = await general.send("two", files=[picture("a.png"), picture("b.png")])

    kept = await sent.edit(content="text only")
    changed = await kept.edit(attachments=[kept.attachments[1], picture("c.png")])
    cleared = await changed.edit(attachments=[])

    assert [file.filename for file in kept.attachments] == ["a.png", "b.png"]
    assert [file.filename for file in changed.attachments] == ["b.png", "c.png"]
    assert changed.attachments[0].id == sent.attachments[1].id
    assert cleared.attachments == []


@pytest.mark.rule("4/file-reference")
@pytest.mark.rule("4/shown-files")
async def test_gallery_shows_uploaded_files_and_attachments_do_not(bot, mia, general):
    files = [picture("a.png", description="one"), picture("b.png")]

    sent = await general.send(view=gallery(*files), files=files)

    [message] = mia.messages(GENERAL_ID)
    media = media_of(message)
    assert message["flags"] & (1 << 15)
    assert sent.attachments == message["attachments"] == []
    assert [item["content_type"] for item in media] == ["image/png"] * 2
    assert media[0]["width"] == 40
    assert await fetched(media[1]["url"]) == (200, png(40, 30))
    assert message["components"][0]["components"][1]["items"][0]["description"] == "one"


@pytest.mark.rule("4/file-reference")
async def test_reference_to_no_file_is_refused(bot, general):
    with pytest.raises(discord.HTTPException) as caught:
        await general.send(view=gallery("attachment://nowhere.png"))

    assert code_of(caught) == (400, 50035)


@pytest.mark.rule("4/file-reference")
@pytest.mark.rule("4/edit-files")
async def test_edit_of_a_gallery_keeps_its_files_by_name_and_by_url(bot, mia, general):
    file = picture("a.png")
    sent = await general.send(view=gallery(file), file=file)
    url = media_of(mia.messages(GENERAL_ID)[0])[0]["url"]

    await sent.edit(view=gallery("attachment://a.png", text="by name"))
    by_name = media_of(mia.messages(GENERAL_ID)[0])[0]["url"]
    await sent.edit(view=gallery(url, text="by url"))
    by_url = media_of(mia.messages(GENERAL_ID)[0])[0]

    assert by_name == by_url["url"] == url
    assert by_url["attachment_id"] == url.split("/")[-2]


@pytest.mark.rule("4/edit-files")
async def test_progress_card_turns_into_the_result_with_new_files(bot, mia, general):
    sent = await general.send(view=gallery(text="50 %"))
    files = [picture(f"{n}.png") for n in range(4)]

    await sent.edit(view=gallery(*files, text="done"), attachments=files)

    assert len(media_of(mia.messages(GENERAL_ID)[0])) == 4


@pytest.mark.rule("4/v2-stays")
async def test_layout_flag_cannot_be_removed(bot, general):
    sent = await general.send(view=gallery())
    route = discord.http.Route(
        "PATCH",
        "/channels/{channel_id}/messages/{message_id}",
        channel_id=GENERAL_ID,
        message_id=sent.id,
    )

    with pytest.raises(discord.HTTPException) as caught:
        await bot.http.request(route, json={"flags": 0, "components": []})

    assert code_of(caught) == (400, 50035)


@pytest.mark.rule("4/v2-alone")
async def test_layout_message_takes_no_content(bot, general):
    sent = await general.send(view=gallery())

    with pytest.raises(discord.HTTPException) as caught:
        await general.get_partial_message(sent.id).edit(content="words")

    assert code_of(caught) == (400, 50035)


@pytest.mark.rule("4/v2-edit")
async def test_edit_that_adds_a_layout_must_clear_the_content(bot, mia, general):
    sent = await general.send("plain")

    with pytest.raises(discord.HTTPException) as caught:
        await general.get_partial_message(sent.id).edit(view=gallery())
    await sent.edit(content=None, embeds=[], view=gallery())

    assert code_of(caught) == (400, 50035)
    assert mia.messages(GENERAL_ID)[0]["flags"] & (1 << 15)


async def test_refused_edit_leaves_the_message_whole(bot, mia, general):
    sent = await general.send("plain", file=picture("a.png"))
    before = mia.messages(GENERAL_ID)

    with pytest.raises(discord.HTTPException):
        await sent.edit(content="x" * 2001, attachments=[picture("b.png")])

    assert mia.messages(GENERAL_ID) == before
    assert (await fetched(sent.attachments[0].url))[0] == 200


@pytest.mark.rule("4/embed-image")
async def test_embed_shows_an_uploaded_file(bot, mia, general):
    embed = discord.Embed(title="a fox").set_image(url="attachment://fox.png")

    sent = await general.send(embed=embed, file=picture())

    assert sent.attachments == []
    assert await fetched(sent.embeds[0].image.url) == (200, png(40, 30))
    assert sent.embeds[0].image.width == 40
