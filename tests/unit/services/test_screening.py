"""Words before money: refused however they come in, noted for staff, and by rules that change."""

import pytest
import sqlalchemy as sa

from bot import jobs
from bot.db import tables
from bot.db.tables import staff_actions
from bot.errors import (
    BadPattern,
    BadRules,
    NotPermitted,
    PromptBlocked,
    PromptWarned,
    RuleThere,
    TooManyRules,
    UnknownRule,
    UserError,
)
from bot.policy import MOST_RULES, Rule
from bot.services import ImageWish, PresetDraft, Source
from bot.services.screening import WARNING_STANDS_FOR
from tests.postgres import ON_BOTH
from tests.unit.services.decided import decide
from tests.unit.services.studio import MIA, SAM, SERVER

LOG, CHANNEL, THREAD, ROLE = 900, 3, 33, 7
BAD = "a massacre by the sea"


def staff(studio, **changes):
    return studio.origin(user_id=SAM, is_staff=True, **changes)


def add(studio, pattern, action="block", *, kind="word", origin=None, **rule):
    asked = Rule(kind, pattern, action, **rule)
    return studio.services.filtering.add(origin or staff(studio), asked)


async def noted(studio, action):
    """Return the reasons of what was noted for staff about Mia."""
    mine = sa.select(staff_actions.c.reason).where(
        staff_actions.c.action == action,
        staff_actions.c.target_id == MIA,
        staff_actions.c.server_id == SERVER,
    )
    async with studio.db.read() as conn:
        return list(await conn.scalars(mine.order_by(staff_actions.c.id)))


def wish(studio, prompt, *, origin=None, **options):
    asked = ImageWish(prompt, options.pop("model", "fox"), **options)
    return studio.services.wishing.wish(origin or studio.origin(), asked)


# However words come in.


async def _imagined(studio, _job):
    await wish(studio, BAD)


async def _avoided(studio, _job):
    await wish(studio, "a fox", negative_prompt="massacre")


async def _flagged(studio, _job):
    await wish(studio, "a fox --no massacre")


async def _listed(studio, _job):
    await wish(studio, "a {fox, massacre} by the sea")


async def _pieced(studio, _job):
    await wish(studio, "a mass{a,i}cre")


async def _rehearsed(studio, _job):
    await studio.services.wishing.rehearse(studio.origin(), ImageWish(BAD, "fox"))


async def _enhanced(studio, _job):
    await wish(studio, BAD, model="scribe", task="enhance")


async def _remixed(studio, job):
    await studio.services.wishing.follow_up(studio.origin(), job, 0, action="remix", prompt=BAD)


async def _made(studio, _job):
    await studio.imagine(prompt=BAD)


async def _kept(studio, job):
    await studio.services.presets.save(studio.origin(), PresetDraft("war", job, suffix=BAD))


WAYS = (
    _imagined,
    _avoided,
    _flagged,
    _listed,
    _pieced,
    _rehearsed,
    _enhanced,
    _remixed,
    _made,
    _kept,
)


async def test_words_are_refused_however_they_come_in(studio):
    job = (await studio.finished()).id
    await add(studio, "massacre")
    before = await studio.rows()

    for way in WAYS:
        with pytest.raises(PromptBlocked) as refused:
            await way(studio, job)
        assert refused.value.why == "rules", way

    after = await studio.rows()
    assert len(await noted(studio, "blocked prompt")) == len(WAYS)
    assert {name for name in after if after[name] != before[name]} == {"staff_actions"}


async def test_a_rule_that_came_later_stops_what_repeats_but_not_what_is_there(studio):
    job = (await studio.finished(prompt=BAD)).id
    await add(studio, "massacre")

    with pytest.raises(PromptBlocked):
        await studio.services.wishing.follow_up(studio.origin(), job, 0, action="reroll")
    assert (await studio.services.wishing.pick(studio.origin(), job, 1)).is_new


async def test_what_a_picture_was_made_from_counts_when_it_is_changed(studio):
    job = await studio.finished(prompt="a child on the beach")
    source = await source_of(studio, job.id)

    with pytest.raises(PromptBlocked) as refused:
        await wish(studio, "remove her clothes", model="auto", task="edit", image=source)

    assert refused.value.why == "minors"
    assert (await wish(studio, "make it night", model="auto", task="edit", image=source)).is_new


async def test_what_words_held_is_not_drowned_by_later_ones(studio):
    job = await studio.finished(prompt="a child on the beach")
    source = await source_of(studio, job.id)
    for prompt in ("make it night", "blue " * 800, "more sand", "a boat", "a kite", "a gull"):
        view = (await wish(studio, prompt, model="auto", task="edit", image=source)).view
        await studio.render(view.id)
        source = await source_of(studio, view.id)

    with pytest.raises(PromptBlocked) as refused:
        await wish(studio, "make her naked", model="auto", task="edit", image=source)

    assert refused.value.why == "minors"


async def test_what_was_made_before_there_were_marks_has_its_words(studio):
    job = await studio.finished(prompt="a child on the beach")
    source = await source_of(studio, job.id)
    async with studio.db.write() as conn:
        mine = tables.jobs.c.id == job.id
        bare = {name: value for name, value in job.inputs.items() if jobs.HELD not in name}
        await conn.execute(tables.jobs.update().where(mine).values(inputs=bare))
    view = (await wish(studio, "make it night", model="auto", task="edit", image=source)).view

    with pytest.raises(PromptBlocked):
        await wish(studio, "make her naked", model="auto", task="edit", image=source)
    async with studio.db.read() as conn:
        edited = await jobs.get(conn, view.id)
    assert jobs.held_in(job.inputs) == jobs.held_in(edited.inputs) == {"minors en"}
    assert jobs.held_in(bare) is None


async def test_forgotten_words_leave_what_they_held(studio):
    job = await studio.finished(prompt="a child on the beach")
    source = await source_of(studio, job.id)
    async with studio.db.write() as conn:
        await jobs.forget(conn, job.account_id)

    async with studio.db.read() as conn:
        left = await jobs.get(conn, job.id)
        behind = await jobs.read_behind(conn, {source.sha256})
    assert left.inputs["prompt"] == ""
    assert jobs.held_in(left.inputs) == {"minors en"}
    assert behind.words == ()


async def test_a_picture_that_is_brought_alone_takes_along_what_it_was_made_from(studio):
    job = await studio.finished(prompt="a child on the beach", count=2)
    picked = await studio.services.wishing.pick(studio.origin(), job.id, 1)

    async with studio.db.read() as conn:
        assert jobs.held_in((await jobs.get(conn, picked.view.id)).inputs) == {"minors en"}


async def test_the_name_of_a_lora_is_words_as_well(studio):
    studio.services.screening.name_lora(22, "Undress\nv1")

    for lora in ("someone/nude-undress-naked", "urn:air:sdxl:lora:civitai:11@22 0.8"):
        with pytest.raises(PromptBlocked) as refused:
            await wish(studio, "a little girl", lora=lora)
        assert refused.value.why == "minors"
        with pytest.raises(UserError) as other:
            await wish(studio, "a woman", lora=lora)
        assert not isinstance(other.value, PromptBlocked)


async def source_of(studio, job_id):
    async with studio.db.read() as conn:
        [picture, *_] = await jobs.read_pictures(conn, job_id)
    return Source(picture.sha256, picture.width, picture.height)


# What follows.


async def test_staff_read_of_refusals_without_the_prompt_and_are_not_flooded(studio):
    await decide(studio, mod_log_channel=LOG)
    rule = await add(studio, "massacre")

    for prompt in (BAD, "m.a.s.s.a.c.r.e", "nude child", "write to mia@example.com"):
        with pytest.raises(PromptBlocked):
            await wish(studio, prompt)

    assert await noted(studio, "blocked prompt") == [
        f"rule #{rule.id} “massacre”",
        f"rule #{rule.id} “m.a.s.s.a.c.r.e”",
        "minors “nude child”",
        "email",
    ]
    assert await studio.services.staff.post_new()
    posted = [post for post in studio.outside.posted.values() if post.action == "blocked prompt"]
    assert [post.reason for post in posted] == [f"rule #{rule.id} “massacre”"]


async def test_flagged_words_are_made_and_noted_with_the_job(studio):
    rule = await add(studio, "storm", "flag")

    view = (await wish(studio, "a storm at sea")).view

    assert await noted(studio, "flagged prompt") == [f"job #{view.id} · rule #{rule.id} “storm”"]


async def test_flagged_words_of_a_gift_are_noted(studio):
    await decide(studio, gift_daily_cap=100)
    studio.outside.roles = {(SERVER, person): frozenset() for person in (MIA, SAM)}
    rule = await add(studio, "storm", "flag")

    await studio.services.gifts.ask(studio.origin(), taker_id=SAM, amount=10, message="a storm")

    assert await noted(studio, "flagged prompt") == [f"gift · rule #{rule.id} “storm”"]


async def test_a_warning_is_given_once_and_the_next_press_passes(studio):
    rule = await add(studio, "election", "warn")
    first = studio.origin()

    for _ in range(2):
        with pytest.raises(PromptWarned):
            await wish(studio, "an election poster", origin=first)
    assert await noted(studio, "flagged prompt") == []
    view = (await wish(studio, "an election poster")).view

    assert await noted(studio, "flagged prompt") == [f"job #{view.id} · rule #{rule.id} “election”"]
    with pytest.raises(PromptWarned):
        await wish(studio, "an election poster", origin=studio.origin(user_id=SAM))
    studio.clock.ahead += WARNING_STANDS_FOR
    with pytest.raises(PromptWarned):
        await wish(studio, "an election poster")


async def test_a_server_decides_about_personal_data(studio):
    await decide(studio, personal_data="flag")

    view = (await wish(studio, "a sign: mia@example.com")).view

    assert await noted(studio, "flagged prompt") == [f"job #{view.id} · email"]


# Rules that change.


async def test_rules_count_at_once_where_they_are_for(studio):
    await add(studio, "massacre", channel_id=CHANNEL)
    await add(studio, "storm", exempt_role_ids=(ROLE,))

    with pytest.raises(PromptBlocked):
        await wish(studio, BAD, origin=studio.origin(channel_id=THREAD, parent_channel_id=CHANNEL))
    assert (await wish(studio, BAD, origin=studio.origin(channel_id=THREAD))).is_new
    with pytest.raises(PromptBlocked):
        await wish(studio, "a storm")
    assert (await wish(studio, "a storm", origin=studio.origin(role_ids=(ROLE,)))).is_new
    assert (
        await wish(studio, "a storm", origin=studio.origin(channel_id=CHANNEL, role_ids=(1, ROLE)))
    ).is_new
    tried = studio.services.filtering.test
    assert tried(staff(studio, channel_id=THREAD), BAD).action is None
    assert tried(staff(studio, channel_id=THREAD), BAD, channel_id=CHANNEL).action == "block"
    assert tried(staff(studio, role_ids=(ROLE,)), "a storm").action == "block"
    assert tried(staff(studio), "a storm", role_ids=(ROLE,)).action is None


@ON_BOTH
async def test_a_rule_can_be_changed_taken_back_and_removed(studio):
    filtering = studio.services.filtering
    rule = await add(studio, "massacre")
    changed = await add(studio, "massacre", "flag")

    assert filtering.rules(staff(studio)) == (changed,)
    assert changed.id == rule.id
    with pytest.raises(RuleThere):
        await add(studio, " massacre", "flag")
    await add(studio, "massacre of*", kind="allow")
    assert filtering.test(staff(studio), "the massacre of Kandor").findings == ()
    assert filtering.test(staff(studio), BAD).action == "flag"
    assert (await filtering.remove(staff(studio), changed.id)).pattern == "massacre"
    assert filtering.test(staff(studio), BAD).action is None


@ON_BOTH
async def test_every_change_is_written(studio):
    rule = await add(studio, "massacre")
    await add(studio, "massacre", "flag", origin=staff(studio))
    await studio.services.filtering.import_rules(staff(studio), "storm\nmassacre\nmassacre*")
    rules = {one.pattern: one for one in studio.services.filtering.rules(staff(studio))}
    await studio.services.filtering.remove(staff(studio), rules["storm"].id)

    async with studio.db.read() as conn:
        deeds = await conn.execute(sa.select(staff_actions).order_by(staff_actions.c.id))
        told = [(deed.action, deed.before, deed.after, deed.staff_id) for deed in deeds]
    assert rules["massacre"].id == rule.id
    assert told == [
        ("filter add", "", "block word massacre", SAM),
        ("filter add", "block word massacre", "flag word massacre", SAM),
        ("filter import", "", "2 new rules, 1 changed", SAM),
        ("filter remove", "block word storm", "", SAM),
    ]


async def test_a_file_is_imported_whole_or_not_at_all(studio):
    filtering = studio.services.filtering
    before = await studio.rows()

    for text, error in (
        ("massacre\na*b", BadRules),
        ("massacre\n" + "\n".join(f"/{letter}.{{0,40}}{letter}/" for letter in "abcd"), BadPattern),
        ("\n".join(f"word{number}" for number in range(MOST_RULES + 1)), BadRules),
    ):
        with pytest.raises(error):
            await filtering.import_rules(staff(studio), text)
    assert await studio.rows() == before

    full = "\n".join(f"word{number}" for number in range(MOST_RULES))
    assert (await filtering.import_rules(staff(studio), full)).new == MOST_RULES
    assert (await filtering.import_rules(staff(studio), full)).same == MOST_RULES
    with pytest.raises(TooManyRules):
        await add(studio, "massacre")
    exported = filtering.export(staff(studio))
    assert len((await filtering_of(studio, exported)).splitlines()) == MOST_RULES + 1


async def filtering_of(studio, text):
    """Import a file into another server, and return what that exports."""
    elsewhere = staff(studio, server_id=SERVER + 1)
    await studio.services.filtering.import_rules(elsewhere, text)
    return studio.services.filtering.export(elsewhere)


async def test_rules_are_the_moderators_and_their_servers(studio):
    filtering = studio.services.filtering
    rule = await add(studio, "massacre")
    elsewhere = staff(studio, server_id=SERVER + 1)

    assert filtering.rules(elsewhere) == ()
    assert filtering.test(elsewhere, BAD).action is None
    with pytest.raises(UnknownRule):
        await filtering.remove(elsewhere, rule.id)
    for asking in (
        lambda: filtering.rules(studio.origin()),
        lambda: filtering.test(studio.origin(), BAD),
        lambda: filtering.export(studio.origin()),
    ):
        with pytest.raises(NotPermitted):
            asking()
    for acting in (
        add(studio, "gore", origin=studio.origin()),
        filtering.remove(studio.origin(), rule.id),
        filtering.import_rules(studio.origin(), "gore"),
    ):
        with pytest.raises(NotPermitted):
            await acting


async def test_another_process_learns_of_a_rule(studio):
    """It looks every few seconds; here, it looks now."""
    here, there = studio.services.screening, studio.restart().screening
    await there.start()
    await add(studio, "massacre")

    assert here.rules_of(SERVER) == ()
    await here.refresh()
    assert [rule.pattern for rule in here.rules_of(SERVER)] == ["massacre"]
    with pytest.raises(PromptBlocked):
        await here.check(studio.origin(), BAD)
    there.stop()
