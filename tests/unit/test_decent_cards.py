"""Cards of what not everybody may see, and the way that is closed to it."""

from dataclasses import replace

import pytest

from bot.jobs import Picture
from bot.services import PictureFile
from cogs._cards import draw
from cogs._delivery import DiscordDelivery
from cogs._trouble import Gone
from tests.pictures import png
from tests.unit.test_texts import VIEW


def view_of(**changes):
    made = tuple(
        Picture(number, "0" * 64, "image/png", 48, 32, 100, None, is_nsfw=None)
        for number in (1, 2, 3)
    )
    done = {"status": "done", "failure": None, "count": 3, "price": 9, "delivered": 3}
    return replace(VIEW, **done, pictures=made, **changes)


def file(number, *, is_for_adults=False):
    name = f"job-12-{number}.png"
    return PictureFile(number, name, png(8, 8), is_for_adults=is_for_adults)


def parts_of(view, files):
    layout, _ = draw(view, files)
    return list(layout.walk_children())


def galleries(parts):
    return [[item.spoiler for item in part.items] for part in parts if hasattr(part, "items")]


@pytest.mark.parametrize("is_spoiler", [True, False])
def test_pictures_are_hidden_until_they_are_clicked(is_spoiler):
    view = view_of(is_spoiler=is_spoiler)

    parts = parts_of(view, [file(1), file(2), file(3)])

    assert galleries(parts) == [[is_spoiler] * 3]


def test_preview_is_hidden_as_the_picture_will_be():
    view = replace(VIEW, status="running", failure=None, preview=png(8, 8), is_spoiler=True)

    assert galleries(parts_of(view, [])) == [[True]]


def test_card_says_what_is_not_there_and_brings_no_button_for_it():
    view = view_of(adults=frozenset({2}), withheld=1)

    parts = parts_of(view, [file(1), file(3)])

    words = "\n".join(getattr(part, "content", "") for part in parts)
    buttons = [part.custom_id for part in parts if getattr(part, "custom_id", None)]
    assert "1 picture is for adults and may not appear here. `/show 12` brings it" in words
    assert "2 of 3 pictures · 1 withheld, 3 credits given back" in words
    assert "v1:pick:12:1" in buttons
    assert "v1:pick:12:2" not in buttons


async def test_what_is_for_adults_is_not_sent_privately_when_its_channel_is_gone():
    delivery = DiscordDelivery()

    with pytest.raises(Gone, match="not sent privately"):
        await delivery._send_privately(view_of(), [file(1), file(2, is_for_adults=True)])
