"""Counting requests, and what the client is told."""

import pytest

from bot.sandbox.ratelimits import RateLimits


class StoppedClock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return StoppedClock()


@pytest.fixture
def limits(clock):
    return RateLimits(clock)


def taken(limits, count, *, bucket="send:1"):
    return [limits.take(bucket, limit=5, window_s=5.0) for _ in range(count)]


@pytest.mark.rule("6/headers")
def test_each_request_is_told_what_remains(limits, clock):
    first = taken(limits, 1)[0]
    clock.now += 1.25

    second = taken(limits, 1)[0]

    bucket = second.headers()["X-RateLimit-Bucket"]
    assert (first.remaining, second.remaining) == (4, 3)
    assert first.headers()["X-RateLimit-Bucket"] == bucket
    assert second.headers() == {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "3",
        "X-RateLimit-Reset": "1005.000",
        "X-RateLimit-Reset-After": "3.750",
        "X-RateLimit-Bucket": bucket,
    }


@pytest.mark.rule("6/refusal", "1/429-via")
def test_request_beyond_the_limit_is_refused_until_the_window_ends(limits, clock):
    allowed = taken(limits, 5)
    clock.now += 3.5

    refused = taken(limits, 1)[0]
    clock.now += 1.5
    allowed_again = taken(limits, 1)[0]

    assert {each.retry_after_s for each in allowed} == {None}
    assert refused.retry_after_s == 1.5
    assert refused.body() == {
        "message": "You are being rate limited.",
        "retry_after": 1.5,
        "global": False,
    }
    assert refused.headers()["Retry-After"] == "2"
    assert refused.headers()["X-RateLimit-Remaining"] == "0"
    assert refused.headers()["X-RateLimit-Scope"] == "user"
    assert "X-RateLimit-Global" not in refused.headers()
    assert refused.headers()["Via"]
    assert (allowed_again.retry_after_s, allowed_again.remaining) == (None, 4)


def test_refused_requests_do_not_prolong_the_window(limits, clock):
    taken(limits, 50)
    clock.now += 5.0

    assert taken(limits, 1)[0].remaining == 4


@pytest.mark.rule("6/buckets")
def test_buckets_are_counted_apart_and_named_apart(limits):
    taken(limits, 6, bucket="send:1")

    other = taken(limits, 1, bucket="send:2")[0]

    same = taken(limits, 1, bucket="send:1")[0]
    assert other.retry_after_s is None
    assert same.retry_after_s is not None
    assert other.headers()["X-RateLimit-Bucket"] != same.headers()["X-RateLimit-Bucket"]


def test_bucket_is_named_without_its_token(limits):
    allowance = taken(limits, 1, bucket="followup:very-secret-token")[0]

    assert "very-secret-token" not in str(allowance.headers())


@pytest.mark.rule("6/global")
def test_fifty_requests_a_second_are_taken(limits, clock):
    allowed = [limits.take_global() for _ in range(50)]
    clock.now += 0.75

    refused = limits.take_global()
    clock.now += 0.25
    allowed_again = limits.take_global()

    assert {each.retry_after_s for each in (*allowed, allowed_again)} == {None}
    assert allowed[0].headers() == {}
    assert refused.body()["global"] is True
    assert refused.headers() == {
        "Retry-After": "1",
        "X-RateLimit-Scope": "global",
        "X-RateLimit-Global": "true",
        "Via": refused.headers()["Via"],
    }


def test_clock_moved_back_opens_a_new_window(limits, clock):
    taken(limits, 6)
    clock.now -= 3600.0

    allowance = taken(limits, 1)[0]

    assert (allowance.retry_after_s, allowance.reset_after_s) == (None, 5.0)


def test_windows_that_ended_are_forgotten(limits, clock):
    for n in range(100):
        taken(limits, 1, bucket=f"followup:{n}")
        clock.now += 1.0

    assert len(limits._windows) <= 6
