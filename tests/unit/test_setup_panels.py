"""What the settings of a large server look like: nothing is too long, and nothing is dropped."""

import discord

from bot.policy import OPTIONS, TOPICS, ServerSettings, Tier
from cogs import _config_texts as texts
from cogs import _setup_texts, setup
from cogs._panels import PanelItem

MANY = tuple(range(10**18, 10**18 + 50))
LARGE = ServerSettings(
    **{name: MANY for name, one in OPTIONS.items() if one.kind in ("channels", "roles")},
    terms="Be kind. " * 100,
)
LONGEST_TEXT = 4000
"""Characters of all words in one of Discord's messages with components."""


def test_every_topic_of_a_large_server_fits_a_message():
    lengths = {topic: len(texts.topic_text(topic, LARGE)) for topic in TOPICS}

    assert max(lengths.values()) < LONGEST_TEXT, lengths
    assert "<#1000000000000000009> and 40 more" in texts.topic_text("Who and where", LARGE)


def test_one_setting_is_shown_whole():
    option = OPTIONS["maker_channels"]

    words = texts.setting_text(option, MANY)

    assert all(str(one) in words for one in MANY)
    assert "more" not in words
    assert len(words) < LONGEST_TEXT


def test_findings_of_a_large_server_fit_a_message():
    problems = ["⚠️ In <#1000000000000000000> I lack: " + ", ".join(["Attach Files"] * 10)] * 8

    words = _setup_texts.findings(LARGE, Tier(), problems)

    assert "and 40 more" in words
    assert len(words) < LONGEST_TEXT - 200


def items(step, settings):
    return [one.custom_id for one in setup._items(step, settings, Tier())]


def test_list_that_no_select_holds_has_none():
    assert items("places", LARGE) == []
    assert items("people", LARGE) == ["v1:setup:set:buttons"]
    assert setup._beyond(LARGE) == {
        "maker_channels": 50,
        "closed_channels": 50,
        "maker_roles": 50,
    }
    assert "50 roles are in `maker_roles`" in _setup_texts.beyond("maker_roles", 50)


def test_list_that_a_select_just_holds_is_in_it():
    settings = ServerSettings(maker_channels=MANY[:25])

    (item, _) = setup._items("places", settings, Tier())

    assert [one.id for one in item.item.default_values] == list(MANY[:25])
    assert setup._beyond(settings) == {}


def test_panels_offer_every_channel_that_settings_take():
    kinds = PanelItem.channels("v1:setup:set:feed_channel", "", (), most=1).item.channel_types

    assert {discord.ChannelType.voice, discord.ChannelType.news, discord.ChannelType.forum} <= {
        *kinds
    }
