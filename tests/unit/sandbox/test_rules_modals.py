"""What Discord takes as a form."""

import discord
import pytest

from bot.sandbox.rules import check_modal
from tests.unit.sandbox.refusals import both_sides, button, findings, options, row, select, text

TOO_LONG = ["BASE_TYPE_MAX_LENGTH"]
BAD_LENGTH = ["BASE_TYPE_BAD_LENGTH"]
MISSING = ["BASE_TYPE_REQUIRED"]
WRONG_KIND = ["UNION_TYPE_CHOICES"]


def label(component, **rest):
    return {"type": 18, "label": "A field", "component": component} | rest


def text_input(custom_id="words", **rest):
    return {"type": 4, "custom_id": custom_id, "style": 1} | rest


FIELDS = (
    text_input(),
    select(),
    *({"type": kind, "custom_id": "who"} for kind in (5, 6, 7, 8)),
    {"type": 19, "custom_id": "files"},
    {"type": 21, "custom_id": "one", "options": options(2)},
    {"type": 22, "custom_id": "some", "options": options(1)},
    {"type": 23, "custom_id": "yes"},
)


def opened(*items, **rest):
    modal = {"title": "Remix", "custom_id": "remix:1", "components": list(items)}
    return findings(check_modal, modal | rest)


def asked(component):
    """What is found in one labelled field."""
    found = opened(label(component))
    return {path.removeprefix("components.0.component."): codes for path, codes in found.items()}


@pytest.mark.rule("3/modal-title")
def test_title_has_1_to_45_characters():
    fits, exceeds = both_sides(lambda n: opened(text(), title="x" * n), 45, least=1)

    assert fits == {}
    assert exceeds == {"title": BAD_LENGTH}
    assert opened(text(), title="") == {"title": BAD_LENGTH}
    assert opened(text(), title=None) == {"title": MISSING}


@pytest.mark.rule("3/custom-id")
def test_custom_id_of_a_form_has_1_to_100_characters():
    fits, exceeds = both_sides(lambda n: opened(text(), custom_id="x" * n), 100, least=1)

    assert fits == {}
    assert exceeds == {"custom_id": BAD_LENGTH}
    assert opened(text(), custom_id="") == {"custom_id": BAD_LENGTH}


@pytest.mark.rule("3/custom-id")
@pytest.mark.parametrize("field", FIELDS)
def test_custom_id_of_every_field_has_1_to_100_characters(field):
    fits, exceeds = both_sides(lambda n: asked(field | {"custom_id": "x" * n}), 100, least=1)

    assert fits == {}
    assert exceeds == {"custom_id": BAD_LENGTH}
    assert asked(field | {"custom_id": ""}) == {"custom_id": BAD_LENGTH}


@pytest.mark.rule("3/modal-items")
def test_form_has_1_to_5_items():
    fits, exceeds = both_sides(lambda n: opened(*[text()] * n), 5)

    assert fits == {}
    assert exceeds == {"components": BAD_LENGTH}
    assert opened() == {"components": BAD_LENGTH}


@pytest.mark.rule("3/label")
@pytest.mark.parametrize(
    ("key", "most", "codes"), [("label", 45, BAD_LENGTH), ("description", 100, TOO_LONG)]
)
def test_label_texts_have_their_limits(key, most, codes):
    fits, exceeds = both_sides(
        lambda n: opened(label(text_input(), **{key: "x" * n})), most, least=1
    )

    assert fits == {}
    assert exceeds == {f"components.0.{key}": codes}


@pytest.mark.rule("3/label")
def test_label_is_never_empty():
    assert opened(label(text_input(), label="")) == {"components.0.label": BAD_LENGTH}


@pytest.mark.rule("3/custom-id-unique")
def test_custom_id_is_used_once_in_a_form():
    found = opened(label(text_input("same")), label(select("same")))

    assert found == {"components.1.component.custom_id": ["COMPONENT_CUSTOM_ID_DUPLICATED"]}


@pytest.mark.rule("3/text-input")
def test_text_input_holds_at_most_4000_characters():
    fits, exceeds = both_sides(lambda n: asked(text_input(value="x" * n)), 4000)

    assert fits == {}
    assert exceeds == {"value": TOO_LONG}
    assert asked(text_input(max_length=4001)) == {"max_length": ["NUMBER_TYPE_MAX"]}


@pytest.mark.rule("3/text-input")
def test_text_input_asks_for_a_possible_length():
    assert asked(text_input(min_length=0, max_length=1)) == {}
    assert asked(text_input(min_length=5, max_length=4)) == {"min_length": ["NUMBER_TYPE_MAX"]}
    assert asked(text_input(min_length=-1)) == {"min_length": ["NUMBER_TYPE_MIN"]}
    assert asked(text_input(max_length=0)) == {"max_length": ["NUMBER_TYPE_MIN"]}
    assert asked(text_input(style=3)) == {"style": ["BASE_TYPE_CHOICES"]}


@pytest.mark.rule("3/placeholder")
def test_placeholder_of_a_text_input_has_at_most_100_characters():
    fits, exceeds = both_sides(lambda n: asked(text_input(placeholder="x" * n)), 100)

    assert fits == {}
    assert exceeds == {"placeholder": TOO_LONG}


@pytest.mark.rule("3/file-upload")
@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ({"min_values": 0, "max_values": 10}, {}),
        ({"max_values": 11}, {"max_values": ["NUMBER_TYPE_MAX"]}),
        ({"min_values": -1}, {"min_values": ["NUMBER_TYPE_MIN"]}),
        ({"min_values": 3, "max_values": 2}, {"min_values": ["NUMBER_TYPE_MAX"]}),
    ],
)
def test_upload_takes_0_to_10_files(numbers, found):
    assert asked({"type": 19, "custom_id": "files"} | numbers) == found


@pytest.mark.rule("3/groups")
@pytest.mark.parametrize(("kind", "least"), [(21, 2), (22, 1)])
def test_group_has_its_number_of_options(kind, least):
    def group(count):
        return asked({"type": kind, "custom_id": "group", "options": options(count)})

    fits, exceeds = both_sides(group, 10)

    assert fits == {}
    assert exceeds == {"options": BAD_LENGTH}
    assert group(least) == {}
    assert group(least - 1) == {"options": BAD_LENGTH}


@pytest.mark.rule("3/groups")
def test_checkbox_group_asks_for_a_possible_number():
    group = {"type": 22, "custom_id": "some", "options": options(10)}

    assert asked(group | {"min_values": 10}) == {}
    assert asked(group | {"min_values": 3, "max_values": 2}) == {"min_values": ["NUMBER_TYPE_MAX"]}
    assert asked(group | {"max_values": 11}) == {"max_values": ["NUMBER_TYPE_MAX"]}


@pytest.mark.rule("4/modal-fields")
@pytest.mark.parametrize("field", FIELDS)
def test_label_takes_every_kind_of_field(field):
    assert asked(field) == {}


@pytest.mark.rule("4/modal-fields")
def test_form_takes_an_old_row_with_one_text_input():
    fits, exceeds = both_sides(lambda n: opened(row(text_input(label="x" * n))), 45, least=1)
    two_inputs = opened(row(text_input("a", label="A"), text_input("b", label="B")))

    assert fits == {}
    assert exceeds == {"components.0.components.0.label": BAD_LENGTH}
    assert two_inputs == {"components.0.components": BAD_LENGTH}
    assert opened(row(text_input())) == {"components.0.components.0.label": MISSING}
    assert opened(row(text_input(label=""))) == {"components.0.components.0.label": BAD_LENGTH}


@pytest.mark.rule("4/modal-fields")
@pytest.mark.parametrize(
    ("item", "found"),
    [
        (select(), {"components.0.type": WRONG_KIND}),
        (row(select(label="x")), {"components.0.components.0.type": WRONG_KIND}),
        (label(button()), {"components.0.component.type": WRONG_KIND}),
        (label(None), {"components.0.component": MISSING}),
        (label(select(disabled=True)), {"components.0.component.disabled": ["BASE_TYPE_CHOICES"]}),
    ],
)
def test_form_takes_nothing_else(item, found):
    assert opened(item) == found


async def test_what_the_library_builds_is_taken():
    modal = discord.ui.Modal(title="Remix", custom_id="remix:1", timeout=900)
    fields = [
        discord.ui.TextInput(style=discord.TextStyle.paragraph, default="a fox", max_length=4000),
        discord.ui.Select(options=[discord.SelectOption(label="Square", value="1:1")]),
        discord.ui.FileUpload(min_values=0, max_values=3, required=False),
        discord.ui.RadioGroup(options=[discord.RadioGroupOption(label=x) for x in "ab"]),
    ]
    for field in fields:
        modal.add_item(discord.ui.Label(text="A field", component=field))
    modal.add_item(discord.ui.TextDisplay("Costs 12 credits"))

    found = findings(check_modal, modal.to_dict())

    assert found == {}
