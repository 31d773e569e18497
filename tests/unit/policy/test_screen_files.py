"""Files of rules: what is written is read again, and what is wrong is named by its line."""

from pathlib import Path

import pytest

from bot.errors import BadRules
from bot.policy import MOST_RULES, Rule, read_rules, write_rules

SERVER_LIST = Path(__file__).with_name("corpora") / "server.csv"

RULES = [
    Rule("word", 'he said "no", twice', "warn"),
    Rule("wildcard", "*cat*", "flag", channel_id=70, exempt_role_ids=(7, 8)),
    Rule("regex", r"a,b\d{2}"),
    Rule("allow", "école"),
]


def test_what_is_written_is_read_again():
    assert read_rules(write_rules(RULES)) == RULES


def test_the_list_of_a_server_is_read():
    assert len(read_rules(SERVER_LIST.read_text())) > 200


def test_a_plain_list_will_do():
    text = "\ufeffgore\n\n# a remark\nmassacre*\n/go+re/\ngore\r\n"

    assert read_rules(text) == [
        Rule("word", "gore"),
        Rule("wildcard", "massacre*"),
        Rule("regex", "go+re"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rules"),
        ("# nothing\n", "no rules"),
        ("kind,pattern\n", "no rules"),
        ("gore\na*b\n", "line 2: an asterisk"),
        ("kind,pattern\nword,gore\nwrod,gore\n", "line 3: there is no such kind"),
        ("kind,pattern,action\nword,gore,ban\n", "line 2: there is no such action"),
        ("kind,pattern,action,channel_id\nword,gore,block,#general\n", "line 2: an id"),
        ("kind,pattern,action,channel_id\nword,gore,block,1 2\n", "line 2: a rule counts"),
        ("pattern,exempt_role_ids\ngore,12345678901234567890\n", "line 2: an id"),
        ("kind,pattern\nregex,(\n", "line 2: it is no regular expression"),
        ("\n".join(f"word{number}" for number in range(MOST_RULES + 1)), "more than 2,000"),
        ("gore\n" * (MOST_RULES + 1), "more than 2,000"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text, said):
    with pytest.raises(BadRules, match=said):
        read_rules(text)
