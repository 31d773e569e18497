"""What Discord takes as commands and as choices."""

import discord
import pytest
from discord import app_commands

from bot.sandbox.rules import ApiError, check_choices, check_commands
from tests.unit.sandbox.refusals import both_sides, findings

TOO_LONG = ["BASE_TYPE_MAX_LENGTH"]
BAD_LENGTH = ["BASE_TYPE_BAD_LENGTH"]
MISSING = ["BASE_TYPE_REQUIRED"]
BAD_NAME = ["APPLICATION_COMMAND_INVALID_NAME"]
WRONG = ["BASE_TYPE_CHOICES"]


def command(name="imagine", **rest):
    return {"name": name, "description": "Draw pictures"} | rest


def option(name="prompt", kind=3, **rest):
    return {"name": name, "description": "What to draw", "type": kind} | rest


def registered(**rest):
    """What is found in one command, below it."""
    found = findings(check_commands, [command(**rest)])
    return {path.removeprefix("0.").removeprefix("0"): codes for path, codes in found.items()}


@pytest.mark.rule("3/command-count")
@pytest.mark.parametrize(("kind", "most"), [(1, 100), (2, 15), (3, 15), (4, 1)])
def test_commands_of_a_type_have_a_most(kind, most):
    def some(count):
        description = "x" if kind == 1 else ""
        return [{"type": kind, "name": f"c{n}", "description": description} for n in range(count)]

    with pytest.raises(ApiError) as caught:
        check_commands(some(most + 1))

    assert findings(check_commands, some(most)) == {}
    assert (caught.value.status, caught.value.code) == (400, 30032)


@pytest.mark.rule("3/command-name")
@pytest.mark.parametrize("name", ["x" * 32, "add-role", "v2_fast", "größe", "画像", "ชื่อ", "नाम"])
def test_name_in_lower_case_letters_is_taken(name):
    assert registered(name=name) == {}


@pytest.mark.rule("3/command-name")
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Imagine", BAD_NAME),
        ("draw it", BAD_NAME),
        ("draw!", BAD_NAME),
        ("🦊", BAD_NAME),
        ("x" * 33, BAD_LENGTH),
        ("", BAD_LENGTH),
        (None, MISSING),
    ],
)
def test_other_names_are_refused(name, codes):
    assert registered(name=name) == {"name": codes}
    assert registered(options=[option(name)]) == {"options.0.name": codes}


@pytest.mark.rule("3/command-name")
def test_translated_names_keep_the_same_rules():
    found = registered(name_localizations={"de": "zeichnen", "fr": "Dessiner"})

    assert found == {"name_localizations.fr": BAD_NAME}


@pytest.mark.rule("3/command-name")
def test_menu_has_a_free_name_and_nothing_else():
    menu = {"type": 3, "name": "Upscale this picture"}

    assert findings(check_commands, [menu, menu | {"name": "x"}]) == {}
    assert findings(check_commands, [menu | {"name": "x" * 33}]) == {"0.name": BAD_LENGTH}
    assert findings(check_commands, [menu | {"name": ""}]) == {"0.name": BAD_LENGTH}
    assert findings(check_commands, [menu | {"type": 5}]) == {"0.type": WRONG}
    assert findings(check_commands, [menu | {"description": "x"}]) == {"0.description": TOO_LONG}
    assert "0.options" in findings(check_commands, [menu | {"options": [option()]}])


@pytest.mark.rule("3/command-description")
@pytest.mark.parametrize(
    ("make", "at"),
    [
        (lambda words: {"description": words}, "description"),
        (lambda words: {"options": [option(description=words)]}, "options.0.description"),
        (
            lambda words: {"description_localizations": {"de": words}},
            "description_localizations.de",
        ),
    ],
)
def test_description_has_1_to_100_characters(make, at):
    fits, exceeds = both_sides(lambda n: registered(**make("x" * n)), 100, least=1)

    assert fits == {}
    assert exceeds == {at: BAD_LENGTH}
    assert registered(**make("")) == {at: BAD_LENGTH}


@pytest.mark.rule("3/command-options")
@pytest.mark.parametrize("kind", [3, 1])
def test_command_has_at_most_25_options_or_subcommands(kind):
    def optioned(count):
        return registered(options=[option(f"o{n}", kind) for n in range(count)])

    fits, exceeds = both_sides(optioned, 25)

    assert fits == {}
    assert exceeds == {"options": TOO_LONG}


@pytest.mark.rule("3/command-depth")
def test_commands_nest_by_one_group():
    subcommand = option("add", 1, options=[option("amount", 4, required=True)])
    group = option("credits", 2, options=[subcommand])

    assert registered(options=[group, option("stats", 1)]) == {}


@pytest.mark.rule("3/command-depth")
@pytest.mark.parametrize(
    ("options", "at"),
    [
        ([option("a", 2, options=[option("b", 2)])], "options.0.options.0.type"),
        ([option("a", 2, options=[option("b", 3)])], "options.0.options.0.type"),
        ([option("a", 1, options=[option("b", 1)])], "options.0.options.0.type"),
        ([option("a", 1), option("b", 3)], "options.1.type"),
        ([option("a", 12)], "options.0.type"),
        ([option("a", None)], "options.0.type"),
    ],
)
def test_other_nesting_is_refused(options, at):
    assert registered(options=options) == {at: WRONG}


@pytest.mark.rule("5/required-first")
def test_required_options_stand_first():
    ordered = [option("a", required=True), option("b")]

    assert registered(options=ordered) == {}
    assert registered(options=ordered[::-1]) == {
        "options.1": ["APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"]
    }


@pytest.mark.rule("5/required-first")
def test_required_options_stand_first_in_a_subcommand_too():
    options = [option("b"), option("a", required=True)]

    found = registered(options=[option("add", 1, options=options)])

    assert found == {"options.0.options.1": ["APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"]}


@pytest.mark.rule("5/unique-names")
def test_names_are_unique_within_one_type():
    twice = [command("show"), {"type": 2, "name": "show"}, command("show")]

    found = findings(check_commands, twice)

    assert found == {"2.name": ["APPLICATION_COMMANDS_DUPLICATE_NAME"]}


@pytest.mark.rule("5/unique-names")
def test_names_are_unique_within_one_command():
    found = registered(options=[option("a"), option("a")])

    assert found == {"options.1.name": ["APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS"]}


@pytest.mark.rule("3/command-characters")
def test_command_has_at_most_8000_characters():
    def large(total):
        # 25 options of 10 + 100 with 2 choices of 100 + 4 each; the command's own name takes 7.
        choices = [{"name": str(n).zfill(100), "value": "abcd"} for n in range(2)]
        options = [
            option(str(n).zfill(10), description="x" * 100, choices=choices) for n in range(25)
        ]
        spent = 7 + 25 * (10 + 100 + 2 * 104)
        return registered(description="x" * (total - spent), options=options)

    fits, exceeds = both_sides(large, 8000)

    assert fits == {}
    assert exceeds == {"": ["APPLICATION_COMMAND_TOO_LARGE"]}


@pytest.mark.rule("3/command-characters")
def test_only_the_longest_translation_counts():
    translated = {"de": "x" * 100, "fr": "x" * 100, "ja": "x" * 100}
    options = [
        option(f"o{n}", description_localizations=translated, description="x") for n in range(25)
    ]

    assert registered(options=options) == {}


@pytest.mark.rule("3/string-option")
@pytest.mark.parametrize(
    ("lengths", "found"),
    [
        ({"min_length": 0, "max_length": 6000}, {}),
        ({"max_length": 6001}, {"options.0.max_length": ["NUMBER_TYPE_MAX"]}),
        ({"max_length": 0}, {"options.0.max_length": ["NUMBER_TYPE_MIN"]}),
        ({"min_length": 0, "max_length": 1}, {}),
        ({"min_length": -1}, {"options.0.min_length": ["NUMBER_TYPE_MIN"]}),
        ({"min_length": 6, "max_length": 5}, {"options.0.min_length": ["NUMBER_TYPE_MAX"]}),
    ],
)
def test_text_option_takes_at_most_6000_characters(lengths, found):
    assert registered(options=[option(**lengths)]) == found


@pytest.mark.rule("3/choices")
@pytest.mark.parametrize("kind", [3, 4, 10])
def test_option_has_at_most_25_choices(kind):
    def choosing(count):
        choices = [{"name": str(n), "value": n} for n in range(count)]
        return registered(options=[option("steps", kind, choices=choices)])

    fits, exceeds = both_sides(choosing, 25)

    assert fits == {}
    assert exceeds == {"options.0.choices": TOO_LONG}


@pytest.mark.rule("3/choices")
@pytest.mark.parametrize("unfit", [option(kind=5), option(autocomplete=True)])
def test_option_that_chooses_otherwise_has_no_choices(unfit):
    choices = [{"name": "a", "value": "a"}]

    assert registered(options=[unfit | {"choices": choices}]) == {"options.0.choices": TOO_LONG}


@pytest.mark.rule("3/choices")
def test_autocomplete_offers_at_most_25_choices():
    def offered(count):
        return findings(check_choices, [{"name": str(n), "value": str(n)} for n in range(count)])

    fits, exceeds = both_sides(offered, 25)

    assert fits == {}
    assert exceeds == {"choices": TOO_LONG}


@pytest.mark.rule("3/choice-texts")
@pytest.mark.parametrize("key", ["name", "value"])
def test_choice_texts_have_1_to_100_characters(key):
    def offered(length):
        return findings(check_choices, [{"name": "a", "value": "a"} | {key: "x" * length}])

    fits, exceeds = both_sides(offered, 100, least=1)

    assert fits == {}
    assert exceeds == {f"choices.0.{key}": BAD_LENGTH}
    assert offered(0) == {f"choices.0.{key}": BAD_LENGTH}


@pytest.mark.rule("3/choice-texts")
def test_translated_choice_has_1_to_100_characters():
    def offered(length):
        choice = {"name": "a", "value": "a", "name_localizations": {"de": "x" * length}}
        return findings(check_choices, [choice])

    fits, exceeds = both_sides(offered, 100, least=1)

    assert fits == {}
    assert exceeds == {"choices.0.name_localizations.de": BAD_LENGTH}
    assert offered(0) == {"choices.0.name_localizations.de": BAD_LENGTH}


async def test_what_the_library_builds_is_taken():
    client = discord.Client(intents=discord.Intents.none())
    tree = app_commands.CommandTree(client)

    @tree.command(description="Draw pictures")
    @app_commands.choices(mode=[app_commands.Choice(name="Fast", value="fast")])
    async def imagine(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 4000],
        mode: str = "fast",
        count: app_commands.Range[int, 1, 4] = 4,
        image: discord.Attachment | None = None,
    ): ...

    @tree.context_menu(name="Upscale this")
    async def upscale(interaction: discord.Interaction, message: discord.Message): ...

    staff = app_commands.Group(name="credits", description="Credits of members")

    @staff.command(name="add", description="Give credits")
    async def add(interaction: discord.Interaction, member: discord.User, amount: int): ...

    tree.add_command(staff)

    found = findings(check_commands, [each.to_dict(tree) for each in tree.get_commands()])

    assert found == {}
