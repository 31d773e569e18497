"""The list of rules, the marks that claim them, and the page made of both."""

import pytest

from tests.rules_page import PAGE, RULES, SECTIONS, Rule, claims, claims_in, page, unknown

SOURCE = """
@pytest.mark.rule("3/content")
def test_a(): ...

class TestB:
    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.rule("3/embeds"))])
    @pytest.mark.rule("3/content", "4/v2-alone")
    async def test_c(self, x): ...
"""


def test_page_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == page(claims()), "run python -m tests.rules_page"


def test_marks_name_known_rules():
    assert unknown(claims()) == set()


def test_rules_have_unique_ids_in_known_sections():
    ids = [rule.id for rule in RULES]

    assert len(set(ids)) == len(ids)
    assert {rule.section for rule in RULES} == set(SECTIONS)


def test_rules_stand_in_the_order_of_their_sections():
    order = list(SECTIONS)

    places = [order.index(rule.section) for rule in RULES]

    assert places == sorted(places)


def test_marks_are_found_on_functions_methods_and_parameters():
    assert sorted(claims_in(SOURCE, "tests/test_x.py")) == [
        ("3/content", "tests/test_x.py::TestB::test_c"),
        ("3/content", "tests/test_x.py::test_a"),
        ("3/embeds", "tests/test_x.py::TestB::test_c"),
        ("4/v2-alone", "tests/test_x.py::TestB::test_c"),
    ]


def test_mark_must_be_a_plain_string():
    with pytest.raises(TypeError, match=r"test_x\.py::test_a"):
        list(claims_in("@pytest.mark.rule(RULE)\ndef test_a(): ...", "test_x.py"))


def test_unknown_rules_are_told():
    assert unknown(["3/content", "3/contents"]) == {"3/contents"}


def test_page_lists_held_rules_with_their_tests_and_the_others_as_not_held():
    written = page({"3/content": ["tests/test_x.py::test_a", "tests/test_x.py::test_b"]})

    table, _, rest = written.partition("## Not held yet")
    content = next(rule for rule in RULES if rule.id == "3/content")
    assert f"1 of {len(RULES)} rules are held" in table
    row = "`tests/test_x.py::test_a`<br>`tests/test_x.py::test_b`"
    assert f"| `3/content` | {content.text} | {row} |" in table
    assert content.text not in rest
    assert all(rule.text in rest for rule in RULES if rule != content)


def test_page_without_gaps_says_nothing_of_them():
    assert "Not held" not in page({rule.id: ["tests/test_x.py::test_a"] for rule in RULES})


def test_section_is_the_part_before_the_slash():
    assert Rule("2.4/40060", "words").section == "2.4"
