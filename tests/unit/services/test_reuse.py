"""The same again: answered from what was made before, by other providers, or as well as can be."""

import asyncio

import pytest

from bot.errors import (
    ClosedPlace,
    MissingRole,
    NoRoute,
    ProviderRejected,
    TooFast,
    TooSoon,
)
from bot.policy import Tier
from bot.providers import Output
from bot.services import ImageWish
from tests.pictures import png
from tests.unit.services.decided import decide
from tests.unit.services.presses import pick, press, refused, reroll, retry
from tests.unit.services.studio import SAM, SENDS, model, route


async def seeded(studio, **wish):
    """Have pictures made with a seed that the person chose, and return the job."""
    chosen = {"count": 2, "seed": 70, "said": ("seed",), **wish}
    return await studio.finished(**chosen)


def shown(studio, job):
    return studio.delivery.outcome(job.id)


def paid(studio):
    """Return how many runs were bought so far."""
    return len(studio.first.submits) + len(studio.second.submits)


# Made before.


async def test_same_request_is_answered_free_from_what_was_made(studio):
    first = await seeded(studio)

    again = await seeded(studio)

    assert (again.status, again.action, again.parent_id) == ("done", "reuse", first.id)
    assert (again.price, again.delivered, paid(studio)) == (0, 2, 1)
    files = [one.data for one in shown(studio, first).files]
    assert [one.data for one in shown(studio, again).files] == files
    assert await studio.funds() == (94, 0)


async def test_public_work_of_the_server_is_answered_with_too(studio):
    first = await seeded(studio)

    again = await seeded(studio, origin=studio.origin(user_id=SAM))

    assert (again.action, again.parent_id, paid(studio)) == ("reuse", first.id, 1)
    assert await studio.funds(SAM) == (100, 0)


async def test_own_private_work_is_answered_with(studio):
    await seeded(studio, origin=studio.origin(is_private=True))

    again = await seeded(studio)

    assert (again.action, paid(studio)) == ("reuse", 1)


async def test_private_work_of_somebody_else_is_not(studio):
    await seeded(studio, origin=studio.origin(is_private=True))

    again = await seeded(studio, origin=studio.origin(user_id=SAM))

    assert (again.action, paid(studio)) == ("imagine", 2)


async def test_work_of_another_server_is_not(make_studio):
    studio = make_studio(allowed_servers=frozenset({100, 200}))
    await seeded(studio)

    again = await seeded(studio, origin=studio.origin(server_id=200, user_id=SAM))

    assert (again.action, again.price, paid(studio)) == ("imagine", 6, 2)


@pytest.mark.parametrize(("user_id", "action"), [(SAM, "imagine"), (11, "reuse")])
async def test_flagged_work_is_for_its_owner_alone(studio, user_id, action):
    studio.first.outputs = [Output(png(48, 32, colour), is_nsfw=True) for colour in ("teal", "red")]
    studio.outside.nsfw.add(studio.origin().channel_id)
    await seeded(studio, origin=studio.origin(is_nsfw_place=True))

    again = await seeded(studio, origin=studio.origin(user_id=user_id, is_nsfw_place=True))

    assert again.action == action


async def test_forgotten_work_is_not(studio):
    await seeded(studio)
    await studio.services.privacy.forget(studio.origin())

    again = await seeded(studio, origin=studio.origin(user_id=SAM))

    assert (again.action, paid(studio)) == ("imagine", 2)


@pytest.mark.parametrize(
    "other",
    [
        {"count": 1},
        {"seed": 71},
        {"prompt": "a wolf"},
        {"aspect_ratio": "3:2"},
        {"model": "free"},
        {"negative_prompt": "dogs"},
        {"said": ()},
    ],
)
async def test_other_request_is_made_anew(studio, other):
    await seeded(studio)

    again = await seeded(studio, **other)

    assert (again.action, paid(studio)) == ("imagine", 2)


async def test_work_of_which_a_part_was_withheld_is_made_anew(studio):
    studio.first.outputs = [Output(png(48, 32)), Output(b"", is_withheld=True)]
    await seeded(studio)
    studio.first.outputs = None

    again = await seeded(studio)

    assert (again.action, again.delivered, paid(studio)) == ("imagine", 2, 2)


async def test_reroll_of_what_was_made_before_is_made(studio):
    await seeded(studio)
    again = await seeded(studio)

    rerolled = await studio.render((await reroll(studio, again.id)).view.id)

    assert (rerolled.price, rerolled.delivered, paid(studio)) == (6, 2, 2)
    assert rerolled.inputs["seed"] != 70


async def test_picture_of_what_was_made_before_can_be_brought_alone(studio):
    await seeded(studio)
    again = await seeded(studio)

    job = await studio.render((await pick(studio, again.id, 2)).view.id)

    assert shown(studio, job).files[0].data == shown(studio, again).files[1].data


async def test_same_request_twice_at_once_is_shown_twice_and_bought_never(studio):
    first = await seeded(studio)
    wish = {"count": 2, "seed": 70, "said": ("seed",)}

    accepted = await asyncio.gather(studio.imagine(**wish), studio.imagine(**wish))
    made = [await studio.render(one.view.id) for one in accepted]

    assert len({job.id for job in made}) == 2
    assert [(job.action, job.price, job.delivered) for job in made] == [("reuse", 0, 2)] * 2
    assert (first.delivered, paid(studio)) == (2, 1)


async def test_same_interaction_again_is_the_same_reuse(studio):
    await seeded(studio)
    origin = studio.origin()
    wish = {"count": 2, "seed": 70, "said": ("seed",), "origin": origin}

    first, again = await studio.imagine(**wish), await studio.imagine(**wish)

    assert (first.is_new, again.is_new) == (True, False)
    assert first.view.id == again.view.id


async def test_reuse_that_was_cut_off_is_shown_once_more(studio):
    await seeded(studio)
    job_id = await studio.accepted(count=2, seed=70, said=("seed",))
    at_board = studio.delivery.script.gate("delivered")
    studio.begin(job_id)
    await at_board.reached()

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.delivered, paid(studio)) == ("done", 2, 1)
    assert await studio.funds() == (94, 0)


async def test_pictures_that_are_not_kept_any_more_are_made_anew(studio):
    await seeded(studio)
    studio.lose_media()

    again = await seeded(studio)

    assert (again.status, again.action, again.price, paid(studio)) == ("done", "imagine", 6, 2)


async def test_what_is_there_is_shown_while_its_provider_is_failing(studio):
    await seeded(studio)
    studio.resources.routing.health.failed("first", for_good=True)

    assert (await seeded(studio)).action == "reuse"
    await refused(studio, studio.imagine(count=2, seed=71, said=("seed",)), NoRoute)


async def test_work_that_nobody_called_harmless_is_for_its_owner_alone(studio):
    studio.first.outputs = [Output(png(48, 32, colour)) for colour in ("teal", "red")]
    await seeded(studio)

    others = await seeded(studio, origin=studio.origin(user_id=SAM))
    own = await seeded(studio)

    assert (others.action, own.action) == ("imagine", "reuse")


async def test_what_is_free_is_not_asked_about(studio):
    await seeded(studio)
    await studio.services.preferences.change(studio.origin(), confirm_above=1)
    wish = ImageWish("a fox in the snow", "fox", count=2, seed=70, said=("seed",))

    accepted = await studio.services.wishing.wish(studio.origin(), wish)

    assert (accepted.view.action, accepted.view.price) == ("reuse", 0)


# By somebody else.


async def failed(studio, name="twice"):
    """Have a job refused by the first provider, for something that is its own affair."""
    studio.first.script.will("follow", ProviderRejected("not here"))
    job = await studio.finished(model=name, count=1, seed=70)
    assert job.status == "failed"
    return job


async def test_elsewhere_is_offered_where_somebody_else_is(studio):
    job = await failed(studio)

    assert shown(studio, job).view.prices == {"reroll": 3, "retry": 3, "elsewhere": 3}


async def test_elsewhere_asks_nobody_who_had_a_go(studio):
    parent = await failed(studio)

    job = await studio.render((await press(studio, parent.id, "elsewhere", 0)).view.id)

    assert (job.status, job.action, job.inputs["seed"]) == ("done", "elsewhere", 70)
    assert (len(studio.first.submits), len(studio.second.submits)) == (1, 1)
    assert await studio.funds() == (97, 0)


async def test_elsewhere_is_not_offered_when_everybody_had_a_go(studio):
    parent = await failed(studio)
    studio.second.script.will("follow", ProviderRejected("nor here"))

    job = await studio.render((await press(studio, parent.id, "elsewhere", 0)).view.id)

    assert set(shown(studio, job).view.prices) == {"reroll", "retry"}
    await refused(studio, press(studio, job.id, "elsewhere", 0), NoRoute)


async def test_retry_after_elsewhere_may_go_anywhere(studio):
    parent = await failed(studio)
    studio.second.script.will("follow", ProviderRejected("nor here"))
    other = await studio.render((await press(studio, parent.id, "elsewhere", 0)).view.id)

    job = await studio.render((await retry(studio, other.id)).view.id)

    assert (job.status, len(studio.first.submits)) == ("done", 2)


async def test_elsewhere_is_not_offered_where_there_is_one_provider(studio):
    job = await failed(studio, "fox")

    assert set(shown(studio, job).view.prices) == {"reroll", "retry"}
    await refused(studio, press(studio, job.id, "elsewhere", 0), NoRoute)


# As well as can be.


async def draft(studio, *more, **wish):
    studio.learn(*more)
    return await studio.finished(model="auto", quality="draft", **{"count": 1, **wish})


def fine(**changes):
    return model(name="fine", title="Fine", quality="high", rank=70, price=30, **changes)


async def test_draft_is_rendered_with_its_words_seed_and_shape_by_the_best(studio):
    parent = await draft(studio, fine(), aspect_ratio="3:2")
    assert shown(studio, parent).view.prices["final"] == 30

    job = await studio.render((await press(studio, parent.id, "final", 0)).view.id)

    assert (job.status, job.model, job.action, job.count) == ("done", "fine", "final", 1)
    for name in ("prompt", "seed", "aspect_ratio"):
        assert job.inputs[name] == parent.inputs[name]
    assert "final" not in shown(studio, job).view.prices


async def test_draft_without_a_better_model_offers_no_final(studio):
    parent = await draft(studio)

    assert "final" not in shown(studio, parent).view.prices


async def test_draft_that_the_best_cannot_be_told_offers_no_final(studio):
    better = fine(takes={"seed": True})
    parent = await draft(studio, better, negative_prompt="dogs")

    assert "final" not in shown(studio, parent).view.prices


async def test_picture_that_is_no_draft_offers_no_final(studio):
    studio.learn(fine())

    job = await studio.finished(count=1)

    assert "final" not in shown(studio, job).view.prices


async def test_final_pressed_again_is_the_picture_that_is_there(studio):
    parent = await draft(studio, fine())
    first = await studio.render((await press(studio, parent.id, "final", 0)).view.id)

    again = await press(studio, parent.id, "final", 0)

    assert (again.is_new, again.view.id) == (False, first.id)


async def test_final_keeps_its_seed_or_is_not_offered(studio):
    parent = await draft(studio, fine(takes={}))

    assert "final" not in shown(studio, parent).view.prices


async def test_draft_drawn_anew_is_still_a_draft(studio):
    parent = await draft(studio, fine())

    job = await studio.render((await reroll(studio, parent.id)).view.id)

    assert job.inputs["quality"] == "draft"
    assert "final" in shown(studio, job).view.prices


async def test_steps_that_a_quality_meant_keep_nobody_else_from_serving(studio):
    takes = {"seed": True, "steps": [1, 9]}
    stepless = {**route("second"), "sends": {k: v for k, v in SENDS.items() if k != "steps"}}
    studio.learn(
        model(
            name="stepped",
            rank=2,
            takes=takes,
            quality_steps={"draft": 2},
            routes=[route("first"), stepless],
        )
    )
    studio.first.script.will("follow", ProviderRejected("not here"))
    job = await studio.finished(model="stepped", quality="draft", count=1)

    assert "elsewhere" in shown(studio, job).view.prices


# Shown for nothing, and asked for all the same.


async def test_request_that_is_answered_from_before_is_a_request(studio):
    await seeded(studio)
    for changes, refusal in (
        ({"closed_channels": (studio.origin().channel_id,)}, ClosedPlace),
        ({"maker_roles": (40,)}, MissingRole),
        ({"cooldown_s": 60}, TooSoon),
    ):
        await decide(studio, **changes)
        await refused(studio, seeded(studio), refusal)
        await decide(studio, **dict.fromkeys(changes))
    pace = Tier().requests_per_minute
    for _ in range(pace - 1):
        await studio.accepted(count=2, seed=70, said=("seed",))

    await refused(studio, seeded(studio), TooFast)


async def test_request_that_is_answered_from_others_work_presses_no_button(studio):
    await seeded(studio)
    await decide(studio, buttons="owner")

    assert (await seeded(studio, origin=studio.origin(user_id=SAM))).action == "reuse"
