"""What Discord takes as components, in classic messages and in Components V2."""

import pytest

from tests.unit.sandbox.refusals import (
    both_sides,
    button,
    gallery,
    laid_out,
    options,
    row,
    select,
    sent,
    text,
)

TOO_LONG = ["BASE_TYPE_MAX_LENGTH"]
BAD_LENGTH = ["BASE_TYPE_BAD_LENGTH"]
MISSING = ["BASE_TYPE_REQUIRED"]
WRONG_KIND = ["UNION_TYPE_CHOICES"]
WRONG_SCHEME = ["URL_TYPE_INVALID_SCHEME"]


def in_row(*children):
    return {
        path.removeprefix("components.0.components."): codes
        for path, codes in sent({"components": [row(*children)]}).items()
    }


def section(*texts, accessory=None):
    return {"type": 9, "components": list(texts), "accessory": accessory or button()}


# Classic rows


@pytest.mark.rule("3/rows")
def test_message_has_at_most_5_rows():
    def rows(count):
        return sent({"components": [row(button(str(n))) for n in range(count)]})

    fits, exceeds = both_sides(rows, 5)

    assert fits == {}
    assert exceeds == {"components": TOO_LONG}


@pytest.mark.rule("3/rows")
def test_row_has_at_most_5_buttons():
    def buttons(count):
        return sent({"components": [row(*(button(str(n)) for n in range(count)))]})

    fits, exceeds = both_sides(buttons, 5)

    assert fits == {}
    assert exceeds == {"components.0.components": BAD_LENGTH}


@pytest.mark.rule("3/rows")
def test_select_fills_its_row():
    found = sent({"components": [row(select(), button())]})

    assert sent({"components": [row(select())]}) == {}
    assert found == {"components.0.components": ["COMPONENT_LAYOUT_WIDTH_EXCEEDED"]}


@pytest.mark.rule("3/rows")
def test_row_is_never_empty():
    assert sent({"components": [row()]}) == {"components.0.components": BAD_LENGTH}


# Buttons and selects


@pytest.mark.rule("3/button-label")
def test_button_label_has_at_most_80_characters():
    fits, exceeds = both_sides(lambda n: in_row(button(label="x" * n)), 80)

    assert fits == {}
    assert exceeds == {"0.label": TOO_LONG}


@pytest.mark.rule("3/button-url")
def test_button_url_has_at_most_512_characters():
    def linking(length):
        url = "https://x.test/".ljust(length, "x")
        return in_row({"type": 2, "style": 5, "label": "Go", "url": url})

    fits, exceeds = both_sides(linking, 512)

    assert fits == {}
    assert exceeds == {"0.url": BAD_LENGTH}


@pytest.mark.rule("3/button-style")
@pytest.mark.parametrize(
    ("wrong", "at", "codes"),
    [
        (button(custom_id=None), "0.custom_id", MISSING),
        (button(url="https://x.test"), "0.url", TOO_LONG),
        (button(sku_id="5"), "0.sku_id", TOO_LONG),
        (button(style=7), "0.style", ["BASE_TYPE_CHOICES"]),
        (button(style=5, custom_id=None), "0.url", MISSING),
        (button(style=5, custom_id=None, url=""), "0.url", BAD_LENGTH),
        ({"type": 2, "style": 6, "sku_id": "1" * 21}, "0.sku_id", BAD_LENGTH),
        ({"type": 2, "style": 6, "sku_id": ""}, "0.sku_id", BAD_LENGTH),
        (button(style=5, url="https://x.test"), "0.custom_id", TOO_LONG),
        (button(style=5, custom_id=None, url="ftp://x.test"), "0.url", WRONG_SCHEME),
        ({"type": 2, "style": 6}, "0.sku_id", MISSING),
        ({"type": 2, "style": 6, "sku_id": "5", "label": "Buy"}, "0.label", TOO_LONG),
        (button(label=None), "0.label", MISSING),
    ],
)
def test_button_has_what_its_style_wants_and_no_more(wrong, at, codes):
    assert in_row(wrong) == {at: codes}


@pytest.mark.rule("3/button-style")
@pytest.mark.parametrize(
    "right",
    [
        button(style=4),
        button(label=None, emoji={"name": "🦊"}),
        {"type": 2, "style": 5, "label": "Go", "url": "https://x.test"},
        {"type": 2, "style": 5, "label": "Go", "url": "discord://-/channels/1"},
        {"type": 2, "style": 6, "sku_id": "5"},
    ],
)
def test_button_in_each_style_is_taken(right):
    assert in_row(right) == {}


@pytest.mark.rule("3/custom-id")
@pytest.mark.parametrize("make", [button, select])
def test_custom_id_has_1_to_100_characters(make):
    fits, exceeds = both_sides(lambda n: in_row(make("x" * n)), 100, least=1)

    assert fits == {}
    assert exceeds == {"0.custom_id": BAD_LENGTH}
    assert in_row(make("")) == {"0.custom_id": BAD_LENGTH}


@pytest.mark.rule("3/custom-id-unique")
def test_custom_id_is_used_once_in_a_message():
    twice = [row(button("same")), row(select("same"))]

    found = sent({"components": twice})

    assert found == {"components.1.components.0.custom_id": ["COMPONENT_CUSTOM_ID_DUPLICATED"]}


@pytest.mark.rule("3/custom-id-unique")
def test_custom_id_is_used_once_in_a_layout_however_deep():
    deep = {"type": 17, "components": [section(text(), accessory=button("same"))]}

    found = laid_out(deep, row(button("same")))

    assert found == {"components.1.components.0.custom_id": ["COMPONENT_CUSTOM_ID_DUPLICATED"]}


@pytest.mark.rule("3/select-options")
def test_select_has_1_to_25_options():
    fits, exceeds = both_sides(lambda n: in_row(select(options=options(n))), 25)

    assert fits == {}
    assert exceeds == {"0.options": BAD_LENGTH}
    assert in_row(select(options=[])) == {"0.options": BAD_LENGTH}
    assert in_row({"type": 3, "custom_id": "x"}) == {"0.options": MISSING}


@pytest.mark.rule("3/select-options")
def test_option_values_differ():
    found = in_row(select(options=[*options(2), *options(1)]))

    assert found == {"0.options.2.value": ["SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"]}


@pytest.mark.rule("3/select-texts")
@pytest.mark.parametrize(
    ("key", "codes"), [("label", BAD_LENGTH), ("value", BAD_LENGTH), ("description", TOO_LONG)]
)
def test_option_texts_have_at_most_100_characters(key, codes):
    def option(length):
        return in_row(select(options=[{"label": "x", "value": "x"} | {key: "x" * length}]))

    fits, exceeds = both_sides(option, 100)

    assert fits == {}
    assert exceeds == {f"0.options.0.{key}": codes}


@pytest.mark.rule("3/select-values")
@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ({"min_values": 0, "max_values": 3}, {}),
        ({"min_values": 3, "max_values": 3}, {}),
        ({"min_values": 3, "max_values": 2}, {"0.min_values": ["NUMBER_TYPE_MAX"]}),
        ({"min_values": -1}, {"0.min_values": ["NUMBER_TYPE_MIN"]}),
        ({"max_values": 26}, {"0.max_values": ["NUMBER_TYPE_MAX"]}),
        ({"max_values": 0}, {"0.max_values": ["NUMBER_TYPE_MIN"]}),
    ],
)
def test_select_asks_for_a_possible_number_of_values(numbers, found):
    assert in_row(select() | numbers) == found


@pytest.mark.rule("3/placeholder")
@pytest.mark.parametrize("kind", [3, 5, 6, 7, 8])
def test_placeholder_of_every_select_has_at_most_150_characters(kind):
    def waiting(length):
        return in_row(select() | {"type": kind, "placeholder": "x" * length})

    fits, exceeds = both_sides(waiting, 150)

    assert fits == {}
    assert exceeds == {"0.placeholder": TOO_LONG}


@pytest.mark.rule("3/select-values")
def test_select_starts_with_at_most_25_values():
    def filled(count):
        default_values = [{"id": str(n), "type": "user"} for n in range(count)]
        return in_row({"type": 5, "custom_id": "who", "default_values": default_values})

    fits, exceeds = both_sides(filled, 25)

    assert fits == {}
    assert exceeds == {"0.default_values": TOO_LONG}


# Components V2


@pytest.mark.rule("3/v2-count")
def test_layout_has_at_most_40_components_nested_ones_counted():
    def nested(count):
        # A container, a section with text and button, a row with five buttons: 10 components.
        ten = [section(text(), accessory=button("s")), row(*(button(str(n)) for n in range(5)))]
        texts = [text("x") for _ in range(count - 10)]
        return laid_out({"type": 17, "components": [*ten, *texts]})

    fits, exceeds = both_sides(nested, 40)

    assert fits == {}
    assert exceeds == {"components": ["COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"]}


@pytest.mark.rule("3/v2-count")
def test_options_and_pictures_are_no_components():
    pictures = gallery(*(f"https://x.test/{n}.png" for n in range(10)))

    found = laid_out(*([pictures] * 37), row(select(options=options(25))))

    assert found == {}


@pytest.mark.rule("3/text-display")
def test_text_display_has_1_to_4000_characters():
    fits, exceeds = both_sides(lambda n: laid_out(text("x" * n)), 4000)

    assert fits == {}
    assert exceeds["components.0.content"] == BAD_LENGTH
    assert laid_out(text("")) == {"components.0.content": BAD_LENGTH}


@pytest.mark.rule("3/text-total")
def test_texts_have_at_most_4000_characters_together():
    def texts(total):
        inner = {"type": 17, "components": [section(text("x" * 1000)), text("x" * 1000)]}
        return laid_out(text("x" * (total - 2000)), inner)

    fits, exceeds = both_sides(texts, 4000)

    assert fits == {}
    assert exceeds == {"components": ["COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"]}


@pytest.mark.rule("3/gallery")
def test_gallery_has_1_to_10_items():
    fits, exceeds = both_sides(lambda n: laid_out(gallery(*["https://x.test/a.png"] * n)), 10)

    assert fits == {}
    assert exceeds == {"components.0.items": BAD_LENGTH}
    assert laid_out(gallery()) == {"components.0.items": BAD_LENGTH}


@pytest.mark.rule("3/alt-text")
def test_alt_text_of_shown_pictures_has_at_most_1024_characters():
    def described(length):
        media = {"media": {"url": "https://x.test/a.png"}, "description": "x" * length}
        thumbnail = section(text(), accessory={"type": 11} | media)
        return laid_out({"type": 12, "items": [media]}, thumbnail)

    fits, exceeds = both_sides(described, 1024)

    assert fits == {}
    assert exceeds == {
        "components.0.items.0.description": TOO_LONG,
        "components.1.accessory.description": TOO_LONG,
    }


@pytest.mark.rule("4/media-url")
def test_pictures_come_from_the_web_and_files_do_not():
    file = {"type": 13, "file": {"url": "https://x.test/a.zip"}}

    found = laid_out(gallery("https://x.test/a.png", "http://x.test/a.png", "data://x"), file)

    assert found == {
        "components.0.items.2.media.url": WRONG_SCHEME,
        "components.1.file.url": WRONG_SCHEME,
    }


@pytest.mark.rule("4/media-url")
def test_picture_wants_a_url_of_at_most_2048_characters():
    fits, exceeds = both_sides(lambda n: laid_out(gallery("https://x.test/".ljust(n, "x"))), 2048)

    assert fits == {}
    assert exceeds == {"components.0.items.0.media.url": BAD_LENGTH}
    assert laid_out(gallery("")) == {"components.0.items.0.media.url": BAD_LENGTH}
    assert laid_out({"type": 12, "items": [{}]}) == {"components.0.items.0.media.url": MISSING}


def test_accent_is_a_colour_and_spacing_small_or_large():
    def framed(accent_color, spacing=1):
        separator = {"type": 14, "spacing": spacing}
        container = {"type": 17, "accent_color": accent_color, "components": [separator]}
        return laid_out(container)

    fits, exceeds = both_sides(framed, 0xFFFFFF)

    assert framed(0, spacing=2) == fits == {}
    assert exceeds == {"components.0.accent_color": ["NUMBER_TYPE_MAX"]}
    assert framed(-1) == {"components.0.accent_color": ["NUMBER_TYPE_MIN"]}
    assert framed(0, spacing=3) == {"components.0.components.0.spacing": ["BASE_TYPE_CHOICES"]}
    assert framed(0, spacing=0) == {"components.0.components.0.spacing": ["BASE_TYPE_CHOICES"]}
    assert laid_out({"type": 14}) == {}


@pytest.mark.rule("4/section")
def test_section_has_1_to_3_texts():
    fits, exceeds = both_sides(lambda n: laid_out(section(*[text()] * n)), 3)

    assert fits == {}
    assert exceeds == {"components.0.components": BAD_LENGTH}
    assert laid_out(section()) == {"components.0.components": BAD_LENGTH}


@pytest.mark.rule("4/section")
@pytest.mark.parametrize(
    ("accessory", "found"),
    [
        (None, {"components.0.accessory": MISSING}),
        (select(), {"components.0.accessory.type": WRONG_KIND}),
    ],
)
def test_section_wants_a_button_or_a_thumbnail(accessory, found):
    wrong = {"type": 9, "components": [text()], "accessory": accessory}

    assert laid_out(wrong) == found


@pytest.mark.rule("4/v2-places")
@pytest.mark.parametrize(
    ("misplaced", "at"),
    [
        (button(), "components.0.type"),
        ({"type": 11, "media": {"url": "https://x.test/a.png"}}, "components.0.type"),
        ({"type": 99}, "components.0.type"),
        ({}, "components.0.type"),
        (row(text()), "components.0.components.0.type"),
        (section(gallery("https://x.test/a.png")), "components.0.components.0.type"),
        (
            {"type": 17, "components": [{"type": 17, "components": [text()]}]},
            "components.0.components.0.type",
        ),
        ({"type": 18, "label": "x", "component": select()}, "components.0.type"),
    ],
)
def test_component_in_the_wrong_place_is_refused(misplaced, at):
    assert laid_out(misplaced) == {at: WRONG_KIND}


@pytest.mark.rule("4/v2-places")
def test_container_is_never_empty():
    assert laid_out({"type": 17, "components": []}) == {"components.0.components": BAD_LENGTH}
