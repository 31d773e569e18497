"""Jobs: the rows that are the truth about every accepted request.

A job belongs to one runner at a time (`claim` compares and swaps), and a write by any other
runner changes nothing. Every function runs in the caller's transaction and never commits.
"""

from bot.jobs._attempts import (
    Attempt,
    add_attempt,
    close_attempt,
    committed_usd_micros,
    last_attempt,
    save_handle,
)
from bot.jobs._job import FINAL_STATUSES, Job, NewJob, NotOurs
from bot.jobs._pictures import (
    Picture,
    Posted,
    add_pictures,
    pictures_since,
    posted,
    read_pictures,
)
from bot.jobs._processes import beat, forget_others, leave, live_processes
from bot.jobs._rows import (
    accept,
    active_of,
    advance,
    ahead_of,
    claim,
    find_by_click,
    find_by_interaction,
    get,
    recent_of,
    request_cancel,
    set_message,
    unattended,
)

__all__ = [
    "FINAL_STATUSES",
    "Attempt",
    "Job",
    "NewJob",
    "NotOurs",
    "Picture",
    "Posted",
    "accept",
    "active_of",
    "add_attempt",
    "add_pictures",
    "advance",
    "ahead_of",
    "beat",
    "claim",
    "close_attempt",
    "committed_usd_micros",
    "find_by_click",
    "find_by_interaction",
    "forget_others",
    "get",
    "last_attempt",
    "leave",
    "live_processes",
    "pictures_since",
    "posted",
    "read_pictures",
    "recent_of",
    "request_cancel",
    "save_handle",
    "set_message",
    "unattended",
]
