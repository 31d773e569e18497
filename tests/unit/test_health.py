"""Circuits, pauses and measured times, by a clock of the test's own."""

import pytest

from bot.health import FAILURES_TO_OPEN, FIRST_PAUSE_S, GONE_FOR_S, LONGEST_PAUSE_S, Health


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock)


def fail_often(health: Health, times: int = FAILURES_TO_OPEN) -> None:
    for _ in range(times):
        health.failed("fal")


def test_provider_nobody_knows_anything_bad_about_is_admitted(health):
    assert health.admits("fal")
    assert not health.is_open("fal")
    assert health.pause_s("fal") == 0


def test_few_failures_open_nothing(health):
    fail_often(health, FAILURES_TO_OPEN - 1)

    assert health.admits("fal")


def test_success_in_between_makes_failures_count_anew(health):
    fail_often(health, FAILURES_TO_OPEN - 1)
    health.took("fal")
    fail_often(health, FAILURES_TO_OPEN - 1)

    assert health.admits("fal")


def test_failures_in_a_row_open_the_circuit_of_that_provider_alone(health):
    fail_often(health)

    assert not health.admits("fal")
    assert health.pause_s("fal") == FIRST_PAUSE_S
    assert health.admits("replicate")


def test_after_the_pause_one_probe_is_let_through(health, clock):
    fail_often(health)
    clock.now += FIRST_PAUSE_S

    assert health.admits("fal")
    health.began("fal", patience_s=120)

    assert not health.admits("fal")


def test_probe_that_works_closes_the_circuit(health, clock):
    fail_often(health)
    clock.now += FIRST_PAUSE_S
    health.began("fal", patience_s=120)
    health.took("fal")

    assert health.admits("fal")
    assert not health.is_open("fal")


def test_probe_that_fails_makes_the_next_pause_twice_as_long(health, clock):
    fail_often(health)
    clock.now += FIRST_PAUSE_S
    health.began("fal", patience_s=120)
    health.failed("fal")

    assert health.pause_s("fal") == 2 * FIRST_PAUSE_S


def test_pauses_grow_to_a_limit(health, clock):
    for _ in range(20):
        fail_often(health)
        clock.now += LONGEST_PAUSE_S

    health.failed("fal")

    assert health.pause_s("fal") == LONGEST_PAUSE_S


def test_probe_that_is_never_heard_of_again_does_not_block_for_ever(health, clock):
    fail_often(health)
    clock.now += FIRST_PAUSE_S
    health.began("fal", patience_s=120)
    clock.now += 121

    assert health.admits("fal")


def test_trouble_that_only_the_host_can_mend_opens_at_once(health):
    health.failed("fal", for_good=True)

    assert not health.admits("fal")
    assert health.pause_s("fal") == LONGEST_PAUSE_S


def test_busy_is_no_failure_and_lasts_as_long_as_asked(health, clock):
    for _ in range(10):
        health.busy("fal", 7)

    assert health.admits("fal")
    assert health.busy_s("fal") == 7
    clock.now += 7
    assert health.busy_s("fal") == 0


def test_busy_probe_may_be_tried_again(health, clock):
    fail_often(health)
    clock.now += FIRST_PAUSE_S
    health.began("fal", patience_s=120)
    health.busy("fal", 1)

    assert health.admits("fal")


def test_endpoint_that_is_gone_is_left_alone_for_some_hours(health, clock):
    health.gone("fal", "fal-ai/old")

    assert health.is_gone("fal", "fal-ai/old")
    assert not health.is_gone("fal", "fal-ai/new")
    assert health.admits("fal")
    clock.now += GONE_FOR_S
    assert not health.is_gone("fal", "fal-ai/old")


def test_success_elsewhere_does_not_bring_a_gone_endpoint_back(health):
    health.gone("fal", "fal-ai/old")
    health.took("fal")

    assert health.is_gone("fal", "fal-ai/old")


def test_usual_time_is_the_median_of_the_latest_runs(health):
    assert health.usual_seconds("fal", "a") is None
    for seconds in (1, 9, 2):
        health.measured("fal", "a", seconds)
    health.measured("fal", "b", 40)

    assert health.usual_seconds("fal", "a") == 2
    assert health.seconds_of("fal") == 5.5
    assert health.seconds_of("replicate") is None


def test_old_runs_are_forgotten(health):
    for _ in range(20):
        health.measured("fal", "a", 100)
    for _ in range(20):
        health.measured("fal", "a", 1)

    assert health.usual_seconds("fal", "a") == 1


def break_often(health: Health, times: int = FAILURES_TO_OPEN) -> None:
    for _ in range(times):
        health.took("fal")
        health.broke("fal")


def test_provider_that_takes_runs_and_breaks_them_is_left_alone(health):
    break_often(health)

    assert not health.admits("fal")


def test_taking_the_probe_is_not_enough_where_runs_broke(health, clock):
    break_often(health)
    clock.now += FIRST_PAUSE_S
    health.began("fal", patience_s=120)
    health.took("fal")

    assert not health.admits("fal")
    health.worked("fal")
    assert health.admits("fal")
    assert not health.is_open("fal")


def test_run_that_works_makes_broken_ones_count_anew(health):
    break_often(health, FAILURES_TO_OPEN - 1)
    health.worked("fal")
    break_often(health, FAILURES_TO_OPEN - 1)

    assert health.admits("fal")


def test_failures_that_were_under_way_when_it_opened_are_no_news(health):
    fail_often(health, 20)

    assert health.pause_s("fal") == FIRST_PAUSE_S


def test_straggler_does_not_end_a_probe(health, clock):
    health.failed("fal", for_good=True)
    clock.now += LONGEST_PAUSE_S
    health.began("fal", patience_s=120)

    assert not health.admits("fal")


def test_run_that_was_not_tried_after_all_frees_the_probe(health, clock):
    fail_often(health)
    clock.now += FIRST_PAUSE_S
    health.began("fal", patience_s=120)
    health.released("fal")

    assert health.admits("fal")


def test_shorter_pause_does_not_end_a_longer_one(health):
    health.busy("fal", 300)
    health.busy("fal", 1)
    health.took("fal")

    assert health.busy_s("fal") == 300
