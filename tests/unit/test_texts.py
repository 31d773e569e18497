"""Every sentence a person reads: none is missing, none can be hijacked by what people type."""

import ast
import inspect
import re
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType
from typing import get_args

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import errors
from bot.errors import UserError
from bot.jobs import Picture
from bot.services import Address, JobView, attempts, buying, following, handing, render
from cogs import _texts as texts
from cogs._help import Audience, help_text
from cogs._refusals import refusal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ARGUMENTS = {
    "least": 10,
    "cap": 500,
    "left": 30,
    "needed": 12,
    "available": 4,
    "next_at": NOON,
    "may_at": NOON,
    "channel_ids": (5, 6),
    "role_ids": (7,),
    "resets_at": NOON,
    "length": 0,
    "limit": 4000,
    "name": "a name",
    "value": 9,
    "low": 1,
    "high": 4,
    "model_title": "Fox",
    "job_id": "12",
    "reason": "not a picture",
    "names": ["frob"],
    "is_known": True,
    "expected": "a number",
    "count": 12,
    "ask_id": 1,
    "price": 24,
    "size_bytes": 12_000_000,
    "limit_bytes": 10_000_000,
    "sanction_id": 3,
    "stipend_id": 5,
    "server_id": 100,
    "until": NOON,
    "lifts_at": NOON,
    "pixels": 2_000_000,
    "why": "bot",
    "text": "3 moons",
    "limit_days": 365,
    "staff_id": 7,
    "is_never": False,
    "terms": "Be kind.",
    "digest": "0" * 32,
    "kind": "channel",
}


def user_errors(root: type[UserError] = UserError) -> list[type[UserError]]:
    found = []
    for kind in root.__subclasses__():
        found += [kind, *user_errors(kind)]
    return found


def example(kind: type[UserError]) -> UserError:
    """Make an error with an example of everything that its words may need."""
    _self, *parameters = inspect.signature(kind.__init__).parameters.values()
    asked = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    return kind(
        *[ARGUMENTS[one.name] for one in asked if one.kind is not one.KEYWORD_ONLY],
        **{one.name: ARGUMENTS[one.name] for one in asked if one.kind is one.KEYWORD_ONLY},
    )


def test_there_are_user_errors():
    assert errors.InsufficientCredits in user_errors()


@pytest.mark.parametrize("kind", user_errors(), ids=lambda kind: kind.__name__)
def test_every_refusal_has_words(kind):
    words = refusal(example(kind))

    assert words.endswith((".", "}", "?"))
    assert not re.search(r"[{}]|None", words)
    assert "\n" not in words


def test_insufficient_credits_name_the_next_daily():
    error = errors.InsufficientCredits(needed=1200, available=4)
    without = refusal(error)
    error.daily_at = NOON

    assert "1,200 credits" in without
    assert "/daily" not in without
    assert refusal(error).endswith(f"`/daily` gives you more <t:{NOON.timestamp():.0f}:R>.")


def test_prompt_that_is_too_long_is_told_from_an_empty_one():
    empty = refusal(errors.BadPrompt(length=0, limit=4000))
    long = refusal(errors.BadPrompt(length=4001, limit=4000))

    assert "empty" in empty
    assert "4,001" in long
    assert "4,000" in long


@pytest.mark.parametrize(
    "error",
    [
        errors.UnknownModel(name="@everyone <@1> **x**"),
        errors.UnsupportedInput(model_title="Fox", name="@everyone <@1> **x**"),
        errors.UnknownJob(job_id="<@1> **x**"),
    ],
)
def test_refusal_quotes_people_plainly(error):
    words = refusal(error)

    assert "<@1>" not in words
    assert "**x**" not in words


# Failures.


def failure_codes(module: ModuleType) -> set[str]:
    """Return every failure that a module's source writes into a job."""
    codes: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            after = {"conclude": 1, "fail": 2}.get(name)
            if after is not None:
                codes |= constants(node.args[after])
            codes |= {
                code
                for keyword in node.keywords
                if keyword.arg == "failure"
                for code in constants(keyword.value)
            }
        if isinstance(node, ast.Assign) and any(names_failure(one) for one in node.targets):
            codes |= constants(node.value)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("failure"):
            returned = (line.value for line in node.body if isinstance(line, ast.Return))
            codes |= {code for value in returned for code in constants(value)}
    return codes


def names_failure(target: ast.expr) -> bool:
    if isinstance(target, ast.Subscript):
        return constants(target.slice) == {"failure"}
    return isinstance(target, ast.Name) and target.id in ("failure", "reason")


def constants(node: ast.expr) -> set[str]:
    if isinstance(node, ast.IfExp):
        return constants(node.body) | constants(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def test_every_failure_the_services_write_has_words():
    modules = (attempts, buying, following, handing, render)
    codes = {code for module in modules for code in failure_codes(module)}

    assert codes == set(texts._FAILURES)


# Plain text.

SPECIAL = "\\*_~`|<>[]#@"


@settings(deadline=None, derandomize=True)
@given(st.text() | st.text(alphabet=SPECIAL + "abc 1\n\t\u2028"))
def test_plain_text_is_one_line_that_formats_nothing(text):
    line = texts.plain(text)

    assert line.splitlines() in ([], [line])
    # Taking every escaped character out, no special one is left.
    assert not set(SPECIAL) & set(re.sub(r"\\[^\w\s]|\\_", "", line))


@settings(deadline=None, derandomize=True)
@given(st.text())
def test_plain_text_can_be_read_back(text):
    shown = re.sub(r"\\([^\w\s]|_)", r"\1", texts.plain(text, limit=10**9))

    assert shown == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    ["<@123>", "<@&123>", "<#123>", "</imagine:1>", "<:fox:1>", "<t:0:R>", "@everyone", "@here"],
)
def test_plain_text_mentions_nobody_and_nothing(text):
    assert not re.search(r"(?<!\\)[<@#]", texts.plain(text))


@pytest.mark.parametrize(
    "text", ["> quote", "# title", "-# small", "```code```", "[a](b)", "||x||"]
)
def test_plain_text_shows_its_marks(text):
    assert texts.plain(text) != text
    assert texts.plain(text).replace("\\", "") == text


def test_long_text_is_cut_and_says_so():
    line = texts.plain("x" * 50, limit=10)

    assert line == "xxxxxxxxx…"
    assert texts.plain("x" * 10, limit=10) == "x" * 10


# Cards.

VIEW = JobView(
    id=12,
    status="failed",
    action="imagine",
    task="imagine",
    parent_id=None,
    parent_picture=None,
    server_id=100,
    user_id=11,
    address=Address(
        2, 1, "t", 3, 44, is_private=False, has_followup=False, file_limit_bytes=10_000_000
    ),
    prompt="a fox",
    negative_prompt=None,
    aspect_ratio="1:1",
    seed=7,
    count=4,
    model_title="Fox",
    label="AI-generated",
    rerouted_from=None,
    preview=None,
    answer=None,
    provider="first",
    price=12,
    charged=0,
    delivered=0,
    failure="internal",
    failure_text=None,
    ahead=None,
    percent=None,
    log_line=None,
    is_cancel_requested=False,
    created_at=NOON,
    started_at=None,
    finished_at=None,
    pictures=(),
    prices={"reroll": 12, "retry": 12},
    settings={},
    is_compact=False,
)


@pytest.mark.parametrize("code", texts._FAILURES)
def test_failure_says_what_happened_and_that_the_credits_are_back(code):
    words = texts.failure(replace(VIEW, failure=code, failure_text="no {foxes} <@1>"))

    assert words.endswith("12 credits given back.")
    assert "<@1>" not in words
    assert "None" not in words


MADE = Picture(1, "0" * 64, "image/png", 48, 32, 100, None, is_nsfw=True)


def test_failure_of_what_is_for_adults_says_where_it_may_be_seen():
    view = replace(VIEW, failure="withheld", withheld=4, withheld_paid=0, pictures=(MADE,))

    words = texts.failure(view)

    assert "for adults" in words
    assert "`/show 12`" in words
    assert words.endswith("12 credits given back.")


def test_failure_says_what_is_charged_when_too_much_was_withheld():
    words = texts.failure(replace(VIEW, failure="withheld", withheld=4, withheld_paid=1))

    assert "3 credits charged" in words
    assert "ten minutes" in words
    assert words.endswith("9 credits given back.")


def test_failure_of_which_everything_is_charged_gives_nothing_back():
    words = texts.failure(replace(VIEW, failure="withheld", withheld=4, withheld_paid=4))

    assert "12 credits charged" in words
    assert not words.endswith("given back.")


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        (0, "9 credits · 3 of 4 pictures · 1 withheld, 3 credits given back"),
        (1, "12 credits · 3 of 4 pictures · 1 withheld · That is more than is given back in a day"),
    ],
)
def test_facts_tell_what_was_withheld_and_what_became_of_its_price(paid, expected):
    view = replace(VIEW, status="done", failure=None, withheld=1, withheld_paid=paid)

    assert expected in texts.facts(view, shown=3)


def test_failure_of_free_work_speaks_of_no_credits():
    assert "credit" not in texts.failure(replace(VIEW, price=0))


def test_rejection_is_told_in_the_providers_words():
    words = texts.failure(replace(VIEW, failure="rejected", failure_text="no {foxes}"))

    assert "no {foxes}" in words


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"status": "queued", "ahead": 0}, "Starting…"),
        ({"status": "queued", "ahead": 2}, "Waiting · 2 ahead of it"),
        ({"status": "running"}, "Drawing"),
        ({"status": "running", "ahead": 3}, "In the provider's queue · 3 ahead"),
        ({"status": "running", "percent": 0}, "▱▱▱▱▱▱▱▱▱▱ 0 %"),
        ({"status": "running", "percent": 50}, "▰▰▰▰▰▱▱▱▱▱ 50 %"),
        ({"status": "running", "percent": 100}, "▰▰▰▰▰▰▰▰▰▰ 100 %"),
        ({"status": "running", "percent": 50, "is_cancel_requested": True}, "Stopping…"),
    ],
)
def test_progress_says_where_a_job_stands(state, expected):
    assert texts.progress(replace(VIEW, failure=None, **state)) == expected


def test_headline_quotes_the_prompt_plainly():
    words = texts.headline(replace(VIEW, prompt="**bold** <@1>\n# big"))

    assert words == "**\\*\\*bold\\*\\* \\<\\@1\\> \\# big**\n-# by <@11>"


def test_widest_card_fits_into_a_message():
    widest = replace(VIEW, prompt="*" * 4000, failure_text="*" * 4000, failure="rejected")

    words = [texts.headline(widest), texts.failure(widest), texts.plan(widest)]

    assert sum(len(one) for one in words) <= 4000


@pytest.mark.parametrize("answer", ["*" * 1500, "*\n" * 750, "x\n" * 750], ids=len)
def test_widest_words_fit_into_a_message(answer):
    prices = dict.fromkeys(("draw", "reroll"), 10**6)
    widest = replace(
        VIEW,
        status="done",
        failure=None,
        task="enhance",
        prompt="*" * 4000,
        answer=answer,
        model_title="x" * 60,
        label="x" * 60,
        prices=prices,
        started_at=NOON,
    )

    words = [
        texts.headline(widest),
        texts.answer(widest),
        texts.facts(widest, shown=1),
        texts.prices(widest),
        widest.label,
    ]

    assert texts.answer(widest)
    assert sum(len(one) for one in words) <= 4000


def test_words_are_named_by_their_beginning_and_pictures_by_their_prompt():
    told = replace(
        VIEW, status="done", failure=None, task="describe", prompt="", answer="a **fox**"
    )

    assert "a \\*\\*fox\\*\\*" in texts.job_line(told)
    assert "A description" in texts.job_line(replace(told, answer=None))
    assert texts.job_choice(told).name == "#12 a **fox**"
    assert "It gave: a \\*\\*fox" in texts.info(told)
    assert texts.job_choice(VIEW).name == "#12 a fox"


def test_what_was_given_back_and_is_shown_again_is_free():
    shown = replace(VIEW, failure="undeliverable", started_at=NOON)

    assert "free" in texts.facts(shown, shown=4)
    assert "credit" not in texts.facts(shown, shown=4)


@pytest.mark.parametrize(
    ("action", "words"),
    [("draw", "from the words of job #3"), ("reuse", "made before as job #3"), ("imagine", "#12")],
)
def test_facts_say_what_a_picture_was_made_from(action, words):
    made = replace(VIEW, failure=None, action=action, parent_id=3)

    assert words in texts.facts(made, shown=4)
    assert (texts.bringing(made) is not None) == (action == "reuse")


def test_alt_text_fits_where_it_goes():
    assert len(texts.alt_text(replace(VIEW, prompt="x" * 4000), 1)) <= 1024


def test_link_leads_to_the_card():
    assert texts.link(100, VIEW.address) == "https://discord.com/channels/100/3/44"


def test_card_that_is_not_known_yet_is_linked_in_words():
    words = texts.link(100, replace(VIEW.address, message_id=None))

    assert "http" not in words


def test_list_of_jobs_fits_into_one_message():
    lines = [texts.job_line(replace(VIEW, id=number, prompt="*" * 200)) for number in range(50)]

    assert 0 < len(texts.fitted(lines)) <= 2000


@pytest.mark.parametrize(
    "words", [help_text(frozenset(get_args(Audience))), texts.BROKEN, texts.NO_JOBS]
)
def test_fixed_texts_fit_into_one_message(words):
    assert len(words) <= 2000


@pytest.mark.parametrize(
    ("amount", "expected"), [(1, "1 credit"), (0, "0 credits"), (1200, "1,200 credits")]
)
def test_credits_are_counted_as_people_write(amount, expected):
    assert texts.credit_count(amount) == expected


def test_choices_fit_into_a_list():
    choice = texts.job_choice(replace(VIEW, prompt="x" * 4000))

    assert isinstance(choice, discord.app_commands.Choice)
    assert (len(choice.name), choice.value) == (100, "12")
