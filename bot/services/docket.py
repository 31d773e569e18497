"""The docket: what waits for a decision of the staff, oldest first."""

from dataclasses import dataclass
from datetime import datetime

from bot.errors import NotPermitted
from bot.services.appeals import AppealCard, Appeals
from bot.services.complaints import ReportCard
from bot.services.reports import Reports
from bot.services.requests import Origin
from bot.services.resources import Resources

PER_PAGE = 3
"""Each has six buttons, and a message holds forty components."""

_Waiting = tuple[datetime, int, Reports | Appeals]


@dataclass(frozen=True)
class DocketPage:
    """Up to three open cases or appeals; `count` are all that are open."""

    cards: tuple[ReportCard | AppealCard, ...]
    count: int
    page: int
    pages: int


class Docket:
    """Lists open reports and appeals of one server."""

    def __init__(self, resources: Resources, *, reports: Reports, appeals: Appeals) -> None:
        self._db = resources.db
        self._reports = reports
        self._appeals = appeals

    async def page(self, origin: Origin, page: int = 0) -> DocketPage:
        """Return a page; beyond the last, the last.

        Raises:
            NotPermitted: they are no staff.
        """
        if not origin.is_staff:
            raise NotPermitted
        async with self._db.read() as conn:
            waiting: list[_Waiting] = [
                (since, about_id, service)
                for service in (self._reports, self._appeals)
                for since, about_id in await service.waiting(conn, origin.server_id)
            ]
            waiting.sort(key=lambda one: one[:2])
            pages = max(1, -(-len(waiting) // PER_PAGE))
            page = min(max(page, 0), pages - 1)
            shown = waiting[page * PER_PAGE : (page + 1) * PER_PAGE]
            cards = [await service.card(conn, about_id) for _, about_id, service in shown]
        return DocketPage(tuple(cards), len(waiting), page, pages)
