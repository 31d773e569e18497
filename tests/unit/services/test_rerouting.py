"""A bad day: providers that pause, break, are at their cap or gone, and the next one serves."""

import pytest

from bot.errors import (
    BadKey,
    EndpointGone,
    Moderated,
    NoRoute,
    ProviderBusy,
    ProviderDown,
    ProviderFailed,
    ProviderRejected,
    SubmitUncertain,
)
from bot.health import FAILURES_TO_OPEN
from bot.providers import Output
from bot.routing import Rule, Rules
from tests.pictures import png
from tests.unit.services.studio import COST_USD_MICROS, SENDS, model, route

COST = COST_USD_MICROS


async def twice(studio, **wish):
    """Have a job done that two providers serve."""
    return await studio.finished(model="twice", count=1, **wish)


def view_of(studio, job):
    return studio.delivery.outcome(job.id).view


async def test_run_that_broke_on_their_side_is_done_elsewhere_and_paid_once(studio):
    studio.first.script.will("follow", ProviderFailed("no machine"))

    job = await twice(studio)

    assert (job.status, job.delivered) == ("done", 1)
    assert (len(studio.first.submits), len(studio.second.submits)) == (1, 1)
    assert [one.cost_usd_micros for one in await studio.attempts(job.id)] == [0, COST]
    assert view_of(studio, job).provider == "second"
    assert view_of(studio, job).rerouted_from == "first"
    await studio.check_books()


async def test_run_that_broke_everywhere_fails_in_the_last_ones_words(studio):
    studio.first.script.will("follow", ProviderFailed("no machine"))
    studio.second.script.will("follow", ProviderFailed("out of memory"))

    job = await twice(studio)

    assert (job.status, job.failure_text) == ("failed", "out of memory")
    assert (len(studio.first.submits), len(studio.second.submits)) == (1, 1)
    assert await studio.funds() == (100, 0)


@pytest.mark.parametrize("error", [ProviderRejected("too large"), Moderated("no")])
async def test_run_that_was_refused_for_what_it_asks_goes_nowhere_else(studio, error):
    studio.first.script.will("follow", error)

    job = await twice(studio)

    assert job.status == "failed"
    assert studio.second.submits == []


async def test_cancelled_run_goes_nowhere_else(studio):
    at_follow = studio.first.script.gate("follow", then=ProviderFailed("stopped"))
    job_id = await studio.accepted(model="twice", count=1)
    rendering = studio.begin(job_id)
    await at_follow.reached()
    await studio.services.dispatch.cancel(job_id)
    at_follow.open()
    await rendering

    assert (await studio.job(job_id)).status == "cancelled"
    assert studio.second.submits == []


async def test_run_that_broke_before_a_crash_is_not_bought_there_again(studio):
    at_second = studio.second.script.gate("submit")
    studio.first.script.will("follow", ProviderFailed("no machine"))
    job_id = await studio.accepted(model="twice", count=1)
    studio.begin(job_id)
    await at_second.reached()

    job = await studio.crash_and_render(job_id)

    assert len(studio.first.submits) == 1
    assert job.failure == "uncertain"


async def test_busy_provider_is_passed_by_when_another_can_serve(studio):
    studio.first.script.will("submit", ProviderBusy("slow down", retry_after_s=600))

    jobs = [await twice(studio) for _ in range(3)]

    assert {job.status for job in jobs} == {"done"}
    # The pause that it asked for holds for every job.
    assert (len(studio.first.submits), len(studio.second.submits)) == (1, 3)


async def test_provider_that_keeps_failing_is_not_asked_for_a_while(studio):
    studio.first.script.will("submit", *[ProviderDown("refused")] * 9)

    for _ in range(FAILURES_TO_OPEN + 2):
        assert (await twice(studio)).status == "done"

    assert len(studio.first.submits) == FAILURES_TO_OPEN


async def test_model_that_only_failing_providers_serve_is_refused_before_anything_is_held(studio):
    studio.first.script.will("submit", BadKey("who?"))
    await studio.finished(count=1)

    with pytest.raises(NoRoute):
        await studio.imagine(count=1)

    assert await studio.funds() == (100, 0)


async def test_buttons_stay_while_a_provider_is_failing(studio):
    job = await studio.finished(count=1)
    studio.resources.routing.health.failed("first", for_good=True)

    view = await studio.services.work.look(studio.origin(), job.id)

    assert "reroll" in view.prices


async def test_uncertain_submits_count_as_failures(studio):
    studio.first.script.will("submit", *[SubmitUncertain("lost")] * FAILURES_TO_OPEN)
    for _ in range(FAILURES_TO_OPEN):
        await studio.finished(count=1)

    with pytest.raises(NoRoute):
        await studio.imagine(count=1)


async def test_endpoint_that_is_gone_is_hidden_and_not_fatal(studio):
    studio.first.script.will("submit", EndpointGone("no such model"))

    job = await twice(studio)

    assert (job.status, view_of(studio, job).provider) == ("done", "second")
    studio.first.script.will("submit", EndpointGone("no such model"))
    assert (await studio.finished(count=1)).failure == "unavailable"
    found = [
        model.name for model in studio.services.making.models("", task="imagine", server_id=None)
    ]
    assert "fox" not in found
    assert "twice" in found


async def test_cap_is_kept_to_the_last_micro(studio):
    studio.resources.routing.learn(
        Rules({"first": Rule(cap_usd_micros=2 * COST)}), spent_usd_micros={}
    )

    served = [view_of(studio, await twice(studio)).provider for _ in range(4)]

    assert served == ["first", "first", "second", "second"]
    assert len(studio.first.runs) == 2


async def test_cap_of_the_only_provider_gives_everything_back(studio):
    studio.resources.routing.learn(Rules({"first": Rule(cap_usd_micros=0)}), spent_usd_micros={})
    # What is spent is known to the routing only every now and then; the rows know it at once.
    studio.resources.routing._affords = lambda _route: True

    job = await studio.finished(count=1)

    assert (job.status, job.failure) == ("failed", "unavailable")
    assert studio.first.submits == []
    assert await studio.funds() == (100, 0)


async def test_what_a_run_really_cost_is_what_counts(studio):
    made = [Output(png(48, 32, "teal"), cost_usd_micros=cost) for cost in (700, 800)]
    studio.first.outputs = made

    job = await studio.finished(count=2)

    [attempt] = await studio.attempts(job.id)
    assert attempt.cost_usd_micros == 1500


async def test_cost_stays_as_expected_where_the_provider_tells_only_a_part(studio):
    made = [Output(png(48, 32, "teal"), cost_usd_micros=cost) for cost in (700, None)]
    studio.first.outputs = made

    job = await studio.finished(count=2)

    [attempt] = await studio.attempts(job.id)
    assert attempt.cost_usd_micros == 2 * COST


async def test_provider_that_breaks_what_it_takes_is_left_alone(studio):
    studio.first.script.will("follow", *[ProviderFailed("no machine")] * 9)

    for _ in range(FAILURES_TO_OPEN + 2):
        assert (await twice(studio)).status == "done"

    assert len(studio.first.submits) == FAILURES_TO_OPEN


async def test_order_that_broke_at_once_is_done_elsewhere(studio):
    studio.first.script.will("submit", ProviderFailed("a file is missing"))

    job = await twice(studio)

    assert (job.status, view_of(studio, job).provider) == ("done", "second")
    assert [one.cost_usd_micros for one in await studio.attempts(job.id)] == [0, COST]


async def test_order_that_broke_everywhere_says_so_in_the_last_ones_words(studio):
    studio.first.script.will("submit", ProviderFailed("a file is missing"))

    job = await studio.finished(count=1)

    assert (job.status, job.failure, job.failure_text) == (
        "failed",
        "rejected",
        "a file is missing",
    )
    assert await studio.funds() == (100, 0)


async def test_dearer_route_never_breaks_the_months_budget(studio):
    # Twelve of the month's twenty dollars, and quoted as nothing.
    cheap = {**route("first"), "cost_usd_micros": 0}
    dear = {**route("second"), "cost_usd_micros": 12_000_000}
    studio.resources.catalog._by_name["twice"] = model(name="twice", routes=[cheap, dear])
    studio.first.script.will("submit", *[ProviderDown("off")] * 2)

    jobs = [await twice(studio) for _ in range(2)]

    assert [job.status for job in jobs] == ["done", "failed"]
    assert jobs[1].failure_text == "the month's budget is used up"
    assert len(studio.second.runs) == 1
    await studio.check_books()


async def test_host_is_told_after_it_is_written_that_nothing_was_bought(studio):
    telling = studio.delivery.script.gate("host")
    studio.first.script.will("submit", BadKey("who?"))
    job_id = await studio.accepted(model="twice", count=1)
    studio.begin(job_id)
    await telling.reached()

    job = await studio.crash_and_render(job_id)

    assert job.status == "done"
    first, _ = await studio.attempts(job_id)
    assert first.status == "failed"


async def test_run_that_was_stopped_may_be_billed_and_counts(studio):
    at_follow = studio.first.script.gate("follow", then=ProviderRejected("cancelled"))
    job_id = await studio.accepted(count=1)
    rendering = studio.begin(job_id)
    await at_follow.reached()
    await studio.services.dispatch.cancel(job_id)
    at_follow.open()
    await rendering

    [attempt] = await studio.attempts(job_id)
    assert (await studio.job(job_id)).status == "cancelled"
    assert attempt.cost_usd_micros == COST
    assert await studio.funds() == (100, 0)


async def test_answer_that_was_lost_is_asked_about_where_runs_have_names(studio):
    studio.first.can_find = True
    studio.first.script.will("answer", SubmitUncertain("lost"))

    job = await studio.finished(count=1)

    assert job.status == "done"
    assert len(studio.first.submits) == 1
    await studio.check_books()


async def test_runs_are_timed(studio):
    await studio.finished(count=1)

    assert studio.resources.routing.health.usual_seconds("first", "fox/v1") is not None


async def test_seed_is_shown_only_where_it_counts(studio):
    seedless = {**route("second"), "sends": {k: v for k, v in SENDS.items() if k != "seed"}}
    studio.resources.catalog._by_name["twice"] = model(
        name="twice", routes=[route("first"), seedless]
    )
    studio.second.outputs = [Output(png(48, 32, "teal"))]
    told = await twice(studio)
    studio.first.script.will("submit", ProviderDown("off"))

    untold = await twice(studio)

    assert view_of(studio, told).seed == told.inputs["seed"]
    assert view_of(studio, untold).seed is None
