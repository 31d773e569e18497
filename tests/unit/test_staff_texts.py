"""The words of what staff do."""

from datetime import UTC, datetime

from bot.policy import Tier
from bot.services import StaffAction, Tally, TreasurySheet
from bot.services.credits_audit import Audited, AuditLine, AuditPage
from cogs import _staff_texts as texts

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SERVER = 9


def action(**changes):
    usual = {
        "id": 1,
        "server_id": SERVER,
        "staff_id": 2,
        "target_id": 3,
        "action": "credits add",
        "before": "1",
        "after": "2",
        "reason": "",
        "created_at": NOW,
    }
    return StaffAction(**{**usual, **changes})


def test_deed_shows_roles_and_nothing_else_of_what_was_typed():
    words = texts.deed(
        action(target_id=0, before="", after="5 credits for <@&77>", reason="<@&9> **now** @here")
    )

    assert words == (
        "**credits add** by <@2>\nnothing → **5 credits for <@&77>**\n"
        "-# everybody \\*\\*now\\*\\* \\@here"
    )


def test_deed_separates_the_thousands_of_amounts():
    assert "100 → **1,600**" in texts.deed(action(before="100", after="1600"))


def test_deed_of_nobody_is_the_bots():
    assert texts.deed(action(staff_id=0)).startswith("**credits add** · <@3> by the bot")


def test_grant_names_some_of_those_who_were_not_paid():
    unpaid = tuple(range(100, 112))

    words = texts.granted(Tally(people=12, credits=240, unpaid=unpaid, is_left_out=True))

    assert "12 people, 240 credits, 12 could not be paid" in words
    assert "<@109> and 2 more" in words
    assert "<@110>" not in words
    assert "grant nothing to themselves" in words


def test_grant_that_waits_warns_of_a_second_one():
    assert "do not grant it again" in texts.granted(Tally(people=1, is_interrupted=True))


def test_treasury_tells_how_long_it_lasts_if_it_shrinks():
    sheet = TreasurySheet(
        balance=12_000,
        given=900,
        captured=100,
        held=7,
        a_day=1200,
        lasts_days=10,
        filled_at=NOW,
        filled_with=20_000,
        stipends_a_month=608,
    )

    words = texts.treasury(sheet)

    assert "**12,000 credits**" in words
    assert "1,200 a day) it lasts **10 days**" in words
    assert "+20,000 credits" in words


def test_audit_signs_what_came_and_went():
    line = AuditLine(NOW, "ledger", 4, "hold for job #5", 3, 3, 12, -12, "", "", "", "job:5")
    daily = AuditLine(NOW, "ledger", 5, "grant", 0, 3, 25, 25, "", "", "", "daily:3:2026-03-01")
    granted = AuditLine(NOW, "ledger", 6, "grant", 0, 3, 9, 9, "", "", "", "grant:7:3")
    page = AuditPage(Audited(3, 30), 0, (granted, daily, line), has_older=False)

    words = texts.audit(page, SERVER)

    assert "`+9` <@3> · grant\n" in words
    assert "`+25` <@3> · grant · daily" in words
    assert words.endswith("`-12` <@3> · hold for job #5")


def test_limits_of_everybody_come_first_and_none_is_said():
    words = texts.tier_list({77: Tier(slots=1, credits_per_day=5)}, SERVER)

    everybody, role = words.split("\n")
    assert everybody.startswith("**everybody**: 20 requests a minute · 3 jobs at once")
    assert everybody.endswith("(as usual)")
    assert role.startswith("**<@&77>**: 20 requests a minute · 1 job at once · 5 credits a day")
