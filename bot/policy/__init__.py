"""What a server's staff decide, as values, and the screen for words; no database, no network."""

from bot.policy._screen import Asking, Field, Finding, Screen, Verdict, Why
from bot.policy._screen_files import read_rules, write_rules
from bot.policy._screen_rules import (
    LARGEST_REGEXES,
    LONGEST_PATTERN,
    MOST_RULES,
    RULE_ACTIONS,
    RULE_KINDS,
    Rule,
    RuleAction,
    RuleKind,
)
from bot.policy._settings import (
    OPTIONS,
    TOPICS,
    Kind,
    Option,
    ServerSettings,
    Value,
    option_named,
)
from bot.policy._tiers import LANES, MOST, Tier, best_tier

__all__ = [
    "LANES",
    "LARGEST_REGEXES",
    "LONGEST_PATTERN",
    "MOST",
    "MOST_RULES",
    "OPTIONS",
    "RULE_ACTIONS",
    "RULE_KINDS",
    "TOPICS",
    "Asking",
    "Field",
    "Finding",
    "Kind",
    "Option",
    "Rule",
    "RuleAction",
    "RuleKind",
    "Screen",
    "ServerSettings",
    "Tier",
    "Value",
    "Verdict",
    "Why",
    "best_tier",
    "option_named",
    "read_rules",
    "write_rules",
]
