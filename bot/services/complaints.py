"""Complaints: what is said against a picture, as it comes in and as staff see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.services.delivery import PictureFile
from bot.services.moderation import Record
from bot.services.outside import Post
from bot.services.removal import Taken
from bot.services.sanctions import Punished
from bot.services.views import JobView

Action = Literal["dismiss", "remove", "warn", "suspend", "ban"]

REASONS = ("nsfw", "violence", "hate", "real person", "copyright", "spam", "other")
LONGEST_NOTE = 500

STATUSES: dict[Action, str] = {
    "dismiss": "dismissed",
    "remove": "removed",
    "warn": "warned",
    "suspend": "suspended",
    "ban": "banned",
}


@dataclass(frozen=True)
class Complaint:
    """What one person says against a picture; `number` 0 is a job without pictures."""

    job_id: int
    number: int
    reason: str
    note: str = ""


@dataclass(frozen=True)
class Decision:
    """What staff decide about a case; `removes` takes the picture away beside what else is done."""

    action: Action
    reason: str = ""
    duration: timedelta | None = None
    points: int = 1
    removes: bool = False
    refunds: bool = False


@dataclass(frozen=True)
class Line:
    """One report of a case."""

    reporter_id: int
    reason: str
    note: str
    created_at: datetime


@dataclass(frozen=True)
class ReportCard(Post):
    """A case as staff see it; `picture` is None where it cannot or must not be shown."""

    id: int
    view: JobView
    number: int
    lines: tuple[Line, ...]
    record: Record
    status: str
    decided_by: int | None
    decided_at: datetime | None
    picture: PictureFile | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.status == "open"


@dataclass(frozen=True)
class ReportOutcome(Post):
    """What somebody who reported is told; never by whom it was decided."""

    server_id: int
    job_id: int
    status: str


@dataclass(frozen=True)
class Decided:
    """What came of a decision; `taken` is None where nothing was taken away by it."""

    status: str
    user_id: int
    punished: Punished | None = None
    taken: Taken | None = None
