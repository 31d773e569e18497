"""Between what was typed and the jobs: preferences, lists, and what is asked before it is paid."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import (
    AccountFrozen,
    AskOver,
    ClosedPlace,
    InsufficientCredits,
    NeedsAnswer,
    NeedsConsent,
    NotShared,
    UnknownFlag,
    UnknownModel,
)
from bot.routing import Rules
from bot.services import ImageWish, Source
from tests.unit.services.decided import decide, freeze
from tests.unit.services.presses import refused
from tests.unit.services.studio import MIA, SAM, SERVER


def wish(studio, prompt="a fox", *, visibility=None, origin=None, **options):
    asked = ImageWish(prompt, options.pop("model", "fox"), **options)
    return studio.services.wishing.wish(origin or studio.origin(), asked, visibility=visibility)


async def asked(studio, accepting) -> NeedsAnswer:
    """Expect to be asked back, and no job so far."""
    with pytest.raises(NeedsAnswer) as caught:
        await accepting
    return caught.value


async def confirmed(studio, ask_id, **origin):
    confirming = studio.services.wishing.confirm(studio.origin(**origin), ask_id)
    return [accepted.view async for accepted in confirming]


async def jobs(studio):
    return (await studio.rows())["jobs"]


# What a wish comes down to.


async def test_wish_is_one_job(studio):
    accepted = await wish(studio, count=2)

    assert (accepted.is_new, accepted.view.count, accepted.view.action) == (True, 2, "imagine")


async def test_preferences_fill_in_what_was_not_said(studio):
    await studio.services.preferences.change(
        studio.origin(), aspect_ratio="3:2", visibility="private"
    )

    view = (await wish(studio)).view
    said = (await wish(studio, aspect_ratio="1:1", visibility="public")).view

    assert (view.aspect_ratio, view.address.is_private) == ("3:2", True)
    assert (said.aspect_ratio, said.address.is_private) == ("1:1", False)


async def test_card_of_private_work_takes_the_private_words_place(studio):
    origin = studio.origin(has_followup=True)

    public = (await wish(studio, origin=origin)).view.address
    private = (
        await wish(studio, origin=studio.origin(has_followup=True), visibility="private")
    ).view.address

    assert (public.has_followup, private.has_followup) == (True, False)


async def test_flags_in_the_prompt_are_obeyed(studio):
    view = (await wish(studio, "a fox --ar 3:2 --seed 7 --no dogs")).view

    assert (view.prompt, view.aspect_ratio, view.seed) == ("a fox", "3:2", 7)
    assert view.negative_prompt == "dogs"


async def test_unknown_flag_is_refused_not_eaten(studio):
    await refused(studio, wish(studio, "a fox --frobnicate 3"), UnknownFlag)


async def test_price_of_a_list_is_told_without_making_anything(studio):
    before = await studio.rows()

    wishes = await studio.services.wishing.read(
        studio.origin(), ImageWish("a {red, blue} fox", "fox")
    )

    assert [one.prompt for one in wishes] == ["a red fox", "a blue fox"]
    assert await studio.rows() == before


# Asking back.


async def test_list_waits_for_an_answer_and_becomes_its_jobs(studio):
    ask = await asked(studio, wish(studio, "a {red, blue, {tall, small} grey} fox", count=2))
    assert (ask.count, ask.price, await jobs(studio)) == (4, 24, [])

    views = await confirmed(studio, ask.ask_id)

    assert [view.prompt for view in views] == [
        "a red fox",
        "a blue fox",
        "a tall grey fox",
        "a small grey fox",
    ]
    assert all(view.address.has_followup for view in views)
    assert await studio.funds() == (76, 24)


async def test_dear_wish_waits_for_an_answer(studio):
    await studio.services.preferences.change(studio.origin(), confirm_above=6)

    cheap = await wish(studio, count=2)
    ask = await asked(studio, wish(studio, count=3))
    (dear,) = await confirmed(studio, ask.ask_id)

    assert (cheap.view.price, ask.price, dear.price) == (6, 9, 9)


async def test_dear_press_waits_for_an_answer(studio):
    parent = await studio.finished(count=4)
    await studio.services.preferences.change(studio.origin(), confirm_above=6)
    pressing = studio.services.wishing.follow_up(studio.origin(), parent.id, 0, action="reroll")

    ask = await asked(studio, pressing)
    (view,) = await confirmed(studio, ask.ask_id)

    assert (view.action, view.parent_id, view.price) == ("reroll", parent.id, 12)


async def test_typed_option_wins_even_where_it_is_as_usual(studio):
    await studio.services.preferences.change(studio.origin(), count=4, lane="relax")

    preferred = await wish(studio)
    typed = await wish(studio, count=1, lane="fast", said=("count", "lane"))
    flagged = await wish(studio, "a fox --fast")

    lanes = [(await studio.job(one.view.id)).lane for one in (preferred, typed, flagged)]
    assert (preferred.view.count, typed.view.count) == (4, 1)
    assert lanes == ["relax", "fast", "fast"]


async def test_answer_that_is_refused_may_be_given_again(studio):
    ask = await asked(studio, wish(studio, "a {red, blue} fox"))
    for _ in range(8):
        await studio.accepted(count=4)
    with pytest.raises(InsufficientCredits):
        await confirmed(studio, ask.ask_id)
    await studio.give(50)

    views = await confirmed(studio, ask.ask_id)

    assert [view.prompt for view in views] == ["a blue fox"]


async def test_question_never_answers_for_another_one(studio):
    first = await asked(studio, wish(studio, "a {red, blue} fox"))
    studio.clock.ahead = timedelta(minutes=16)
    second = await asked(studio, wish(studio, "a {tall, small} fox"))

    assert first.ask_id != second.ask_id
    with pytest.raises(AskOver):
        await confirmed(studio, first.ask_id)


async def test_second_question_about_one_press_is_the_same_job(studio):
    parent = await studio.finished(count=4)
    await studio.services.preferences.change(studio.origin(), confirm_above=6)
    wishing = studio.services.wishing
    both = [
        await asked(studio, wishing.follow_up(studio.origin(), parent.id, 0, action="reroll"))
        for _ in range(2)
    ]

    views = [*await confirmed(studio, both[0].ask_id), *await confirmed(studio, both[1].ask_id)]

    assert views[0].id == views[1].id
    assert (await studio.funds())[1] == 12


async def test_rehearsal_refuses_what_the_wish_would_be_refused_for(studio):
    rehearse = studio.services.wishing.rehearse
    sketch = Source("", 800, 600)
    for _ in range(8):
        await studio.accepted(count=4)

    with pytest.raises(UnknownModel):
        await rehearse(studio.origin(), ImageWish("a fox", "wolf"))
    with pytest.raises(InsufficientCredits):
        await rehearse(studio.origin(), ImageWish("", "deft", task="upscale", image=sketch))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({"terms": "Be kind."}, NeedsConsent), ({"closed_channels": (3,)}, ClosedPlace)],
)
async def test_rehearsal_asks_the_gates_before_a_picture_is_taken(studio, settings, expected):
    await decide(studio, **settings)
    wish = ImageWish("", "deft", task="upscale", image=Source("", 800, 600))
    await studio.services.credits.balance(server_id=SERVER, user_id=MIA)

    await refused(studio, studio.services.wishing.rehearse(studio.origin(), wish), expected)


async def test_rehearsal_turns_away_who_is_frozen_and_lets_others_pass(studio):
    wish = ImageWish("", "deft", task="upscale", image=Source("", 800, 600))
    await freeze(studio, SAM)

    await studio.services.wishing.rehearse(studio.origin(), wish)
    with pytest.raises(AccountFrozen):
        await studio.services.wishing.rehearse(studio.origin(user_id=SAM), wish)


async def test_private_list_stays_private(studio):
    ask = await asked(studio, wish(studio, "a {red, blue} fox", visibility="private"))

    views = await confirmed(studio, ask.ask_id)

    assert [view.address.is_private for view in views] == [True, True]


async def test_answer_counts_once_however_often_it_is_pressed(studio):
    ask = await asked(studio, wish(studio, "a {red, blue} fox"))

    answers = await asyncio.gather(
        *(confirmed(studio, ask.ask_id) for _ in range(10)), return_exceptions=True
    )

    assert sum(isinstance(answer, list) for answer in answers) == 1
    assert all(isinstance(answer, list | AskOver) for answer in answers)
    assert len(await jobs(studio)) == 2


async def test_no_is_an_answer(studio):
    ask = await asked(studio, wish(studio, "a {red, blue} fox"))

    await studio.services.wishing.drop(studio.origin(), ask.ask_id)

    with pytest.raises(AskOver):
        await confirmed(studio, ask.ask_id)
    assert await jobs(studio) == []


@pytest.mark.parametrize("stranger", [{"user_id": SAM}, {"server_id": 999}])
async def test_nobody_else_answers(studio, stranger):
    ask = await asked(studio, wish(studio, "a {red, blue} fox"))

    with pytest.raises(AskOver):
        await confirmed(studio, ask.ask_id, **stranger)

    assert len(await confirmed(studio, ask.ask_id)) == 2


async def test_answer_that_comes_too_late_counts_no_more(studio):
    ask = await asked(studio, wish(studio, "a {red, blue} fox"))
    studio.clock.ahead = timedelta(minutes=16)

    with pytest.raises(AskOver):
        await confirmed(studio, ask.ask_id)


async def test_questions_that_nobody_answers_are_forgotten(studio):
    await asked(studio, wish(studio, "a {red, blue} fox"))
    studio.clock.ahead = timedelta(minutes=16)

    await studio.services.retention.sweep()

    assert (await studio.rows())["asks"] == []


async def test_answer_works_in_another_process(studio):
    ask = await asked(studio, wish(studio, "a {red, blue} fox"))
    studio.restart()

    assert len(await confirmed(studio, ask.ask_id)) == 2


async def test_list_that_costs_too_much_is_refused_at_once(studio):
    error = await caught(wish(studio, "a {1,2,3,4,5,6,7,8,9} fox", count=4), InsufficientCredits)

    assert (error.needed, error.available) == (108, 100)
    assert (await studio.rows())["asks"] == []


async def test_list_with_one_bad_wish_is_refused_as_a_whole(studio):
    await refused(studio, wish(studio, "a {red, blue} fox", model="wolf"), UnknownModel)


async def caught(accepting, expected):
    with pytest.raises(expected) as found:
        await accepting
    return found.value


# Buttons that are one's own.


async def test_buttons_may_be_kept_to_oneself(studio):
    parent = await studio.finished(count=2)
    await studio.services.preferences.change(studio.origin(), shares_buttons=False)
    wishing, sam = studio.services.wishing, studio.origin(user_id=SAM)

    await refused(studio, wishing.follow_up(sam, parent.id, 0, action="reroll"), NotShared)
    await refused(studio, wishing.pick(sam, parent.id, 1), NotShared)
    own = await wishing.pick(studio.origin(), parent.id, 1)

    assert own.is_new


# A price that rises between the question and the answer.


async def test_price_that_rose_meanwhile_is_asked_about_again(studio):
    await studio.services.preferences.change(studio.origin(), confirm_above=1)
    first = await asked(studio, wish(studio))
    studio.resources.routing.learn(Rules(prices={("fox", "imagine"): 30}), spent_usd_micros={})

    with pytest.raises(NeedsAnswer) as again:
        await confirmed(studio, first.ask_id)

    assert (first.price, again.value.price) == (3, 30)
    assert await jobs(studio) == []
    [view] = await confirmed(studio, again.value.ask_id)
    assert view.price == 30


async def test_price_that_fell_meanwhile_is_simply_less(studio):
    await studio.services.preferences.change(studio.origin(), confirm_above=1)
    first = await asked(studio, wish(studio))
    studio.resources.routing.learn(Rules(prices={("fox", "imagine"): 1}), spent_usd_micros={})

    [view] = await confirmed(studio, first.ask_id)

    assert view.price == 1


async def test_neighbours_number_gives_nobody_somebody_elses_job(studio):
    """A list takes the numbers after its press's; other people's presses may come by them."""
    ask = await asked(studio, wish(studio, "a {red, blue, grey} fox"))
    await wish(studio, "a wolf", origin=studio.origin(user_id=SAM, interaction_id=1001))

    views = await confirmed(studio, ask.ask_id, interaction_id=1000)
    late = studio.origin(user_id=SAM, interaction_id=1002)
    again = [await wish(studio, "an owl", origin=late) for _ in range(2)]

    assert [view.prompt for view in views] == ["a red fox", "a blue fox", "a grey fox"]
    made = [(await studio.job(view.id)).interaction_id for view in views]
    assert made == [1000, 1002, 1003]
    assert [(one.view.prompt, one.is_new) for one in again] == [("an owl", True), ("an owl", False)]


# A card whose prices are not those of today.


def follow(studio, job, action, number=0):
    return studio.services.wishing.follow_up(studio.origin(), job.id, number, action=action)


async def test_press_that_costs_more_than_its_card_said_is_asked_about(studio):
    job = await studio.finished(model="deft", count=2, seed=7, said=("seed",))
    shown_again = await studio.finished(model="deft", count=2, seed=7, said=("seed",))
    await decide(studio, markup_percent=100)

    dearer = [
        await asked(studio, follow(studio, one, action, number))
        for one, action, number in (
            (job, "reroll", 0),
            (shown_again, "reroll", 0),
            (job, "up_subtle", 1),
        )
    ]
    (view,) = await confirmed(studio, dearer[0].ask_id)
    await decide(studio, markup_percent=0)

    assert [ask.price for ask in dearer] == [12, 12, 14]
    assert (view.action, view.price) == ("reroll", 12)
    assert (await follow(studio, job, "remix")).view.price == 6


async def test_press_of_an_offer_that_the_host_made_dearer_is_asked_about(studio):
    job = await studio.finished(model="deft", count=1)
    prices = studio.services.supply.set_price
    await prices(studio.origin(), "deft", "upscale", 3)
    cheaper = await follow(studio, job, "up_subtle", 1)
    await prices(studio.origin(), "deft", "upscale", 9)

    dearer = await asked(studio, follow(studio, job, "up_creative", 1))
    same = await follow(studio, job, "reroll")

    assert (cheaper.view.price, dearer.price, same.view.price) == (3, 9, 3)
