"""What the host reads about providers and prices."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import discord
import pytest

from bot import catalog, providers
from bot.errors import BadKey, OutOfFunds, ProviderDown
from bot.services import (
    BudgetSheet,
    Drift,
    DriftAlert,
    Order,
    PriceSheet,
    ProviderAlert,
    ProviderSheet,
    ServerSheet,
    Spending,
    State,
)
from cogs import _house as texts
from cogs._alerts import alert
from cogs._hosts import hosts_of
from cogs._texts import usd

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHEET = ProviderSheet(
    name="fal",
    key_env="FAL_KEY",
    has_key=True,
    is_enabled=True,
    state="ready",
    until=None,
    cap_usd_micros=None,
    spent_usd_micros=0,
    usual_s=None,
    models=3,
)


def test_widest_list_of_every_provider_fits_one_message():
    widest = {
        "until": NOON,
        "cap_usd_micros": 10**12,
        "spent_usd_micros": 10**12 - 1,
        "usual_s": 1799.9,
        "models": 999,
    }
    sheets = [
        replace(SHEET, name=found.name, key_env=found.key_env, state="failing", **widest)
        for found in providers.find_all()
    ]

    words = texts.provider_list(sheets, Order("cheapest", "huggingface"))

    assert len(sheets) >= 2
    assert len(words) <= texts.LONGEST_LIST
    assert all(f"**{sheet.name}**" in words for sheet in sheets)
    assert "the cheapest first, huggingface before all others." in words


@pytest.mark.parametrize("state", get_args(State))
def test_every_state_has_words(state):
    words = texts.provider_line(replace(SHEET, state=state))

    assert words.count("fal") == 1
    assert "3 models" in words


def test_line_says_what_a_provider_did_and_may_cost():
    sheet = replace(SHEET, models=1, usual_s=3.21, spent_usd_micros=3000, cap_usd_micros=5_000_000)

    assert texts.provider_line(sheet) == (
        "🟢 **fal** ready · 1 model · usually 3.2 s · 0.003 of 5.00 USD this month"
    )
    uncapped = texts.provider_line(replace(sheet, cap_usd_micros=None))
    assert uncapped.endswith("usually 3.2 s · 0.003 USD this month")


def test_line_says_which_key_is_missing():
    sheet = replace(SHEET, has_key=False, state="keyless", is_enabled=False)

    assert "set `FAL_KEY` and restart the bot · disabled" in texts.provider_line(sheet)


def test_line_says_when_it_is_tried_again():
    failing = replace(SHEET, state="failing", until=NOON)

    assert f"tried again <t:{NOON.timestamp():.0f}:R>" in texts.provider_line(failing)
    assert "tried again" not in texts.provider_line(replace(failing, state="disabled"))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BadKey("no <@1>"), "the key that it has: no \\<\\@1\\>"),
        (OutOfFunds("empty"), "no funds left: empty"),
        (ProviderDown("connect"), "cannot be asked just now: connect"),
    ],
)
def test_failed_test_says_why_in_plain_words(error, words):
    assert words in texts.not_passed("fal", error)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "0.00 USD"),
        (3000, "0.003 USD"),
        (999_900, "0.9999 USD"),
        (1_200_000, "1.20 USD"),
        (19_865_500, "19.87 USD"),
        (10_000_000_000, "10,000.00 USD"),
    ],
)
def test_dollars_keep_what_cents_do_not_tell(amount, words):
    assert usd(amount) == words


def test_price_says_what_the_catalog_says_when_that_is_different():
    model = catalog.load().get("painter")
    usual = model.tasks["imagine"].price

    same = texts.priced(PriceSheet(model, "imagine", usual))
    other = texts.priced(PriceSheet(model, "imagine", usual + 4))

    assert "catalog" not in same
    assert f"{usual + 4} credits a picture" in other
    assert f"The catalog says {usual}" in other


def test_longest_model_fits_a_choice():
    model = catalog.load().get("painter").model_copy(update={"title": "M" * 60})

    choice = texts.price_choice(PriceSheet(model, "imagine", 100_000))

    assert len(choice.name) <= 100
    assert choice.value == "painter"


def test_alert_of_a_cap_says_how_to_raise_it():
    told = ProviderAlert("fal", is_out_of_funds=False, reason="", cap_usd_micros=5_000_000)

    assert "**fal** has reached your cap of 5.00 USD" in alert(told)
    assert "/owner provider cap" in alert(told)


BUDGET = BudgetSheet(
    usd_micros=20_000_000,
    is_chosen=False,
    providers=(Spending("fal", 3_000_000, 500_000), Spending("bfl", 0, 0)),
    committed_usd_micros=700_000,
    forecast_usd_micros=21_000_000,
    resets_at=NOON,
)
DRIFT = Drift(
    provider="fal",
    endpoint="fal-ai/fox",
    model="m" * 60,
    title="M" * 60,
    task="imagine",
    unit="picture",
    runs=20,
    expected_usd_micros=3000,
    real_usd_micros=5200,
    price=3,
    covering=6,
)


def test_budget_says_where_the_month_stands():
    words = texts.budget(BUDGET, ())

    assert "budget: 20.00 USD" in words
    assert "Spent **3.00 USD** · fal 3.00 USD\n" in words
    assert "Promised to jobs under way **0.70 USD**" in words
    assert "Left **16.30 USD**" in words
    assert "21.00 USD ⚠️" in words
    assert "reset:True" in texts.budget_set(replace(BUDGET, is_chosen=True))


def test_drift_says_what_would_cover_it():
    words = texts.budget(BUDGET, [DRIFT] * 40)

    assert "0.0052 USD a picture over the last 20 runs, 0.003 in the catalog" in words
    assert f"`/owner price model:{'m' * 60} task:imagine credits:6`" in words
    assert len(words) <= texts.LONGEST_LIST
    told = alert(DriftAlert((DRIFT,) * 40))
    assert len(told) <= 2000
    assert told.endswith("about each.")
    assert "The price of 6 credits covers it" in alert(DriftAlert((replace(DRIFT, price=6),)))


def test_price_of_words_is_not_of_a_picture():
    model = catalog.load().get("describer")

    assert "credits each from now on" in texts.priced(PriceSheet(model, "describe", 4))
    assert texts.price_choice(PriceSheet(model, "describe", 4)).name.endswith("4 credits each")
    assert "0.0052 USD each over" in alert(DriftAlert((replace(DRIFT, task="describe"),)))


def test_longest_list_of_servers_fits_and_says_how_many_are_missing():
    sheet = ServerSheet(1, "denied", NOON, 1234, 5678)

    words = texts.server_list([(sheet, None)] * 500, is_fixed=True)

    assert len(words) <= texts.LONGEST_LIST
    shown = words.count("⛔")
    assert f"{500 - shown} more; `name` finds one." in words
    assert "ALLOWED_SERVERS" in words
    assert "There is none of that name." in texts.server_list([], is_fixed=False)


# Who hosts. The library's own objects, read from what Discord sends.

OWNER, ADMIN, GUEST, READER = 1, 2, 3, 4
ACCEPTED, INVITED = 2, 1


def client_of(team: dict | None) -> discord.Client:
    """Return a client that Discord has told who owns its application."""
    user = {"id": str(OWNER), "username": "olga", "discriminator": "0", "avatar": None}
    data = {
        "id": "9",
        "name": "Atelier",
        "description": "",
        "icon": None,
        "rpc_origins": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "00",
        "flags": 0,
        "summary": "",
        "owner": user,
        "team": team,
    }
    client = unconnected()
    client._application = discord.AppInfo(client._connection, data)
    return client


def unconnected() -> discord.Client:
    return discord.Client(intents=discord.Intents.none())


def member(user_id: int, role: str, state: int) -> dict:
    user = {"id": str(user_id), "username": "one", "discriminator": "0", "avatar": None}
    return {"membership_state": state, "permissions": ["*"], "role": role, "user": user}


TEAM = {
    "id": "7",
    "name": "Team",
    "icon": None,
    "owner_user_id": str(OWNER),
    "members": [
        member(OWNER, "", ACCEPTED),
        member(ADMIN, "admin", ACCEPTED),
        member(GUEST, "admin", INVITED),
        member(READER, "read_only", ACCEPTED),
    ],
}


def test_hosts_are_those_of_the_settings_alone():
    assert set(hosts_of(client_of(TEAM), {77})) == {77}


def test_hosts_are_the_owner_or_the_members_of_the_team_that_may_act():
    assert list(hosts_of(client_of(None), ())) == [OWNER]
    assert list(hosts_of(client_of(TEAM), ())) == [OWNER, ADMIN]


def test_nobody_hosts_before_discord_has_said_who():
    assert list(hosts_of(unconnected(), ())) == []
