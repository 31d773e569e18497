"""Jobs about to be accepted, with everything but what a test is about filled in."""

from typing import Any

from bot.jobs import NewJob

_PLAIN: dict[str, Any] = {
    "interaction_id": 1,
    "application_id": 2,
    "token": "a-token",
    "server_id": 100,
    "channel_id": 3,
    "user_id": 4,
    "account_id": 1,
    "is_private": False,
    "has_followup": False,
    "locale": "en-US",
    "file_limit_bytes": 10_000_000,
    "action": "imagine",
    "parent_id": None,
    "parent_picture": None,
    "click_key": None,
    "model": "painter",
    "task": "imagine",
    "inputs": {"prompt": "a fox", "aspect_ratio": "1:1", "seed": 7},
    "count": 4,
    "price": 12,
    "cost_usd_micros": 400,
    "lane": "fast",
    "slot": 0,
    "status": "queued",
    "likeness": None,
    "is_spoiler": False,
}


def draft(**changes: Any) -> NewJob:
    """Return a job of account 1, changed as the test says."""
    return NewJob(**{**_PLAIN, **changes})
