"""What Discord takes as a message: texts, files, and the Components V2 flag."""

import io

import discord
import pytest

from bot.sandbox.rules import COMPONENTS_V2, ApiError, Upload, check_message
from tests.unit.sandbox.refusals import (
    FILE_LIMIT_BYTES,
    both_sides,
    button,
    gallery,
    laid_out,
    png,
    row,
    sent,
    text,
)

TOO_LONG = ["BASE_TYPE_MAX_LENGTH"]
LEGACY = ["MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"]
NOT_FOUND = ["UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"]
MIB = 1024 * 1024

SHOWN_PICTURE = {
    "flags": COMPONENTS_V2,
    "attachments": [],
    "components": [gallery("http://localhost/attachments/1/77/kept.png?ex=1")],
}


def refusal_of(body=None, *, uploads=(), previous=None) -> ApiError:
    with pytest.raises(ApiError) as caught:
        check_message(
            body or {}, uploads=uploads, previous=previous, file_limit_bytes=FILE_LIMIT_BYTES
        )
    return caught.value


@pytest.mark.rule("3/content")
def test_content_has_at_most_2000_characters():
    fits, exceeds = both_sides(lambda n: sent({"content": "é" * n}), 2000)

    assert fits == {}
    assert exceeds == {"content": TOO_LONG}


@pytest.mark.rule("2.4/50035")
def test_refusal_tells_every_fault_nested_like_the_body():
    body = {
        "content": "x" * 2001,
        "components": [row(button("a")), row(button("b", label="x" * 81))],
    }

    refusal = refusal_of(body)

    assert refusal.body() == {
        "code": 50035,
        "message": "Invalid Form Body",
        "errors": {
            "content": {
                "_errors": [
                    {
                        "code": "BASE_TYPE_MAX_LENGTH",
                        "message": "Must be 2000 or fewer in length.",
                    }
                ]
            },
            "components": {
                "1": {
                    "components": {
                        "0": {
                            "label": {
                                "_errors": [
                                    {
                                        "code": "BASE_TYPE_MAX_LENGTH",
                                        "message": "Must be 80 or fewer in length.",
                                    }
                                ]
                            }
                        }
                    }
                }
            },
        },
    }


@pytest.mark.rule("2.4/50035")
@pytest.mark.parametrize(
    ("body", "at", "code"),
    [
        ({"content": 5}, "content", "STRING_TYPE_CONVERT"),
        ({"embeds": {}}, "embeds", "LIST_TYPE_CONVERT"),
        ({"embeds": ["x"]}, "embeds.0", "MODEL_TYPE_CONVERT"),
        ({"components": [[]]}, "components.0", "MODEL_TYPE_CONVERT"),
        ({"flags": "many"}, "flags", "NUMBER_TYPE_COERCE"),
    ],
)
def test_members_of_the_wrong_type_are_refused(body, at, code):
    assert code in sent({"content": "x"} | body)[at]


@pytest.mark.rule("2.4/50006")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": " \n"},
        {"content": None, "embeds": [], "components": [], "attachments": []},
        {"flags": COMPONENTS_V2},
    ],
)
def test_message_with_nothing_to_show_is_empty(body):
    refusal = refusal_of(body)

    assert (refusal.status, refusal.code) == (400, 50006)
    assert refusal.body() == {"code": 50006, "message": "Cannot send an empty message"}


@pytest.mark.rule("2.4/50006")
def test_edit_that_takes_everything_away_is_empty():
    previous = {"content": "words", "flags": 0}

    refusal = refusal_of({"content": ""}, previous=previous)

    assert refusal.code == 50006


@pytest.mark.rule("2.4/50006")
@pytest.mark.parametrize(
    "body",
    [
        {"embeds": [{"title": "x"}]},
        {"components": [row(button())]},
        {"sticker_ids": ["1"]},
        {"message_reference": {"type": 1, "message_id": "5"}},
    ],
)
def test_anything_to_show_is_enough(body):
    assert sent(body) == {}


def test_file_alone_is_enough():
    assert sent({}, uploads=[png()]) == {}


def test_edit_that_changes_nothing_keeps_what_was_shown():
    assert sent({}, previous={"content": "words", "flags": 0}) == {}


@pytest.mark.rule("3/nonce")
def test_nonce_has_at_most_25_characters():
    fits, exceeds = both_sides(lambda n: sent({"content": "x", "nonce": "n" * n}), 25)

    assert fits == {}
    assert exceeds == {"nonce": TOO_LONG}
    assert sent({"content": "x", "nonce": 2**60}) == {}


@pytest.mark.rule("3/poll")
@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"question": {"text": "x" * 301}}, "poll.question.text"),
        ({"question": {}}, "poll.question.text"),
        ({"answers": [{"poll_media": {"text": "a"}}] * 11}, "poll.answers"),
        ({"answers": [{"poll_media": {"text": "x" * 56}}]}, "poll.answers.0.poll_media.text"),
        ({"duration": 32 * 24 + 1}, "poll.duration"),
        ({"duration": 0}, "poll.duration"),
    ],
)
def test_poll_keeps_its_limits(change, at):
    poll = {
        "question": {"text": "x" * 300},
        "answers": [{"poll_media": {"text": "x" * 55}}] * 10,
        "duration": 32 * 24,
    }

    assert sent({"poll": poll}) == sent({"poll": poll | {"duration": 1}}) == {}
    assert list(sent({"poll": poll | change})) == [at]


# Files


@pytest.mark.rule("3/file-size")
def test_file_over_the_limit_is_too_large():
    at_limit = sent({}, uploads=[png(size_bytes=FILE_LIMIT_BYTES)])

    refusal = refusal_of(uploads=[png(), png(size_bytes=FILE_LIMIT_BYTES + 1)])

    assert at_limit == {}
    assert (refusal.status, refusal.code, refusal.errors) == (413, 40005, None)


@pytest.mark.rule("3/request-size")
def test_files_over_25_mib_together_are_too_large():
    quarters = [png(f"{n}.png", 8 * MIB) for n in range(3)]
    at_limit = sent({}, uploads=[*quarters, png(size_bytes=MIB)])

    refusal = refusal_of(uploads=[*quarters, png(size_bytes=MIB + 1)])

    assert at_limit == {}
    assert (refusal.status, refusal.code) == (400, 50045)


@pytest.mark.rule("3/attachments")
def test_message_has_at_most_10_attachments():
    def uploaded(count):
        uploads = [png(f"{n}.png") for n in range(count)]
        return sent({"attachments": [{"id": n} for n in range(count)]}, uploads=uploads)

    fits, exceeds = both_sides(uploaded, 10)

    assert fits == {}
    assert exceeds == {"attachments": TOO_LONG}


@pytest.mark.rule("3/attachments", "4/edit-files")
def test_kept_attachments_count():
    stored = [{"id": str(n), "url": f"http://x/attachments/1/{n}/{n}.png"} for n in range(9)]
    previous = {"content": "", "flags": 0, "attachments": stored}
    two_more = [png("new.png"), png("newer.png")]

    all_kept = sent({}, previous=previous, uploads=two_more)
    some_kept = sent({"attachments": stored[:8]}, previous=previous, uploads=two_more)

    assert all_kept == {"attachments": TOO_LONG}
    assert some_kept == {}


@pytest.mark.rule("3/alt-text")
def test_alt_text_of_an_attachment_has_at_most_1024_characters():
    def described(length):
        attachments = [{"id": 0, "description": "x" * length}]
        return sent({"attachments": attachments}, uploads=[png()])

    fits, exceeds = both_sides(described, 1024)

    assert fits == {}
    assert exceeds == {"attachments.0.description": TOO_LONG}


@pytest.mark.rule("4/file-reference")
def test_reference_must_name_an_upload():
    body = {
        "flags": COMPONENTS_V2,
        "components": [{"type": 17, "components": [gallery("attachment://b.png")]}],
    }

    assert sent(body, uploads=[png("b.png")]) == {}
    assert sent(body, uploads=[png("a.png")]) == {
        "components.0.components.0.items.0.media.url": NOT_FOUND
    }


@pytest.mark.rule("4/file-reference")
def test_reference_in_an_embed_must_name_an_upload():
    found = sent({"embeds": [{"author": {"name": "x", "icon_url": "attachment://b.png"}}]})

    assert found == {"embeds.0.author.icon_url": NOT_FOUND}


@pytest.mark.rule("4/file-reference", "4/shown-files")
def test_reference_may_name_a_kept_file_that_only_a_component_shows():
    components = [gallery("attachment://kept.png")]

    assert sent({"components": components}, previous=SHOWN_PICTURE) == {}


@pytest.mark.rule("4/edit-files")
def test_file_left_out_of_the_new_set_is_gone():
    body = {"attachments": [], "components": [gallery("attachment://kept.png")]}
    keeping = body | {"attachments": [{"id": 77}]}

    assert sent(body, previous=SHOWN_PICTURE) == {"components.0.items.0.media.url": NOT_FOUND}
    assert sent(keeping, previous=SHOWN_PICTURE) == {}


@pytest.mark.rule("4/file-name")
@pytest.mark.parametrize(
    ("given", "stored"),
    [("my cat.png", "my_cat.png"), ("Füchse!.png", "F_chse_.png"), ("a-b_c.1.png", "a-b_c.1.png")],
)
def test_file_is_found_by_the_name_discord_gives_it(given, stored):
    upload = Upload(given, 10, "image/png")
    body = {"flags": COMPONENTS_V2, "components": [gallery(f"attachment://{stored}")]}

    assert upload.stored_name == stored
    assert sent(body, uploads=[upload]) == {}


@pytest.mark.rule("4/file-name")
def test_rewritten_file_is_not_found_by_its_old_name():
    body = {"flags": COMPONENTS_V2, "components": [gallery("attachment://my cat.png")]}

    found = sent(body, uploads=[png("my cat.png")])

    assert found == {"components.0.items.0.media.url": NOT_FOUND}


# The Components V2 flag


def test_flag_is_the_library_s():
    assert discord.MessageFlags(components_v2=True).value == COMPONENTS_V2


@pytest.mark.rule("4/v2-alone")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("content", "words"),
        ("embeds", [{"title": "x"}]),
        ("sticker_ids", ["1"]),
        ("poll", {"question": {"text": "?"}, "answers": [{"poll_media": {"text": "!"}}]}),
    ],
)
def test_layout_stands_alone(key, value):
    assert laid_out(text(), **{key: value}) == {key: LEGACY}


@pytest.mark.rule("4/v2-alone")
def test_empty_content_beside_a_layout_is_taken():
    assert laid_out(text(), content=None, embeds=[]) == {}


@pytest.mark.rule("4/v2-edit")
def test_edit_to_a_layout_must_clear_content_and_embeds():
    previous = {"content": "words", "embeds": [{"title": "x"}], "flags": 0}
    edit = {"flags": COMPONENTS_V2, "components": [text()]}

    assert sent(edit, previous=previous) == {"content": LEGACY, "embeds": LEGACY}
    assert sent(edit | {"content": None, "embeds": []}, previous=previous) == {}


@pytest.mark.rule("4/v2-stays")
def test_flag_cannot_be_removed():
    found = sent({"flags": 0, "components": [text()]}, previous=SHOWN_PICTURE)

    assert found == {"flags": ["MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG"]}


@pytest.mark.rule("4/v2-stays")
def test_edit_of_a_layout_needs_no_flag_and_still_takes_no_content():
    assert sent({"components": [text()]}, previous=SHOWN_PICTURE) == {}
    assert sent({"content": "words"}, previous=SHOWN_PICTURE) == {"content": LEGACY}


@pytest.mark.rule("4/v2-places")
def test_layout_without_the_flag_is_refused():
    assert sent({"components": [text()]}) == {"components.0.type": ["UNION_TYPE_CHOICES"]}


async def test_what_the_library_builds_is_taken():
    view = discord.ui.LayoutView()
    picture = discord.File(io.BytesIO(), filename="a.png", description="A fox")
    grid = discord.ui.MediaGallery(discord.MediaGalleryItem(picture))
    heading = discord.ui.Section("A fox", accessory=discord.ui.Thumbnail("https://x.test/a.png"))
    actions = discord.ui.ActionRow(
        discord.ui.Button(label="Again", custom_id="again"),
        discord.ui.Button(label="Site", url="https://x.test"),
        discord.ui.Button(style=discord.ButtonStyle.premium, sku_id=5),
    )
    choices = discord.ui.ActionRow(discord.ui.UserSelect(custom_id="who", placeholder="Who?"))
    parts = (heading, grid, discord.ui.Separator(), discord.ui.File("attachment://a.png"))
    view.add_item(discord.ui.Container(*parts, actions, choices, accent_color=0xAA00FF))

    found = sent(
        {"flags": COMPONENTS_V2, "components": view.to_components()}, uploads=[png("a.png")]
    )

    assert found == {}
