"""A server's settings: typed, bounded, and read back from what another version kept."""

import pytest

from bot.db.tables import staff_actions
from bot.errors import BadChoice, OutOfRange, UnknownSetting
from bot.policy import OPTIONS, TOPICS, ServerSettings, option_named


def test_every_default_is_a_value_that_its_option_takes():
    for option in OPTIONS.values():
        assert option.check(option.default) == option.default, option


def test_what_is_kept_is_what_differs_from_the_defaults():
    settings = ServerSettings(gift_least=20, maker_channels=(5, 6), terms="Be kind.")

    assert settings.chosen == {"gift_least": 20, "maker_channels": (5, 6), "terms": "Be kind."}
    assert ServerSettings.read(settings.chosen) == settings
    assert ServerSettings().chosen == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gift_least", 0),
        ("markup_percent", -1),
        ("markup_percent", 1001),
        ("terms", "x" * 1501),
        ("retention_days", 0),
    ],
)
def test_number_or_length_out_of_bounds_is_refused(name, value):
    with pytest.raises(OutOfRange):
        option_named(name).check(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gift_least", "many"),
        ("gift_least", True),
        ("gift_least", 1e30),
        ("buttons", "nobody"),
        ("nsfw", True),
        ("mod_log_channel", "general"),
        ("mod_log_channel", -1),
        ("maker_roles", [2**63]),
        ("maker_channels", list(range(1, 52))),
    ],
)
def test_value_of_another_kind_is_refused(name, value):
    with pytest.raises(BadChoice):
        option_named(name).check(value)


def test_unknown_setting_is_refused():
    with pytest.raises(UnknownSetting):
        option_named("nothing")


def test_what_another_version_kept_is_left_out():
    kept = {"gift_least": 20, "gone": 1, "buttons": "nobody", "retention_days": 10**9}

    assert ServerSettings.read(kept) == ServerSettings(gift_least=20)


def test_every_setting_has_its_place_among_the_topics():
    placed = [name for names in TOPICS.values() for name in names]

    assert sorted(placed) == sorted(OPTIONS)


def test_name_of_every_setting_fits_into_the_log_of_staff():
    longest = staff_actions.c.action.type.length

    assert max(len(f"config {name}") for name in OPTIONS) <= longest
