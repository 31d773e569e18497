"""The desk: what every service that staff decide by works with."""

from dataclasses import dataclass

from bot.services.decency import Decency
from bot.services.errands import Errands
from bot.services.handing import Handing
from bot.services.outside import Outside
from bot.services.servers import Servers
from bot.services.staff import StaffLog
from bot.services.views import Views


@dataclass(frozen=True)
class Desk:
    """Settings, the log, what is still to be shown, and the ways of showing it."""

    decency: Decency
    errands: Errands
    handing: Handing
    outside: Outside
    servers: Servers
    staff: StaffLog
    views: Views

    def nudge(self) -> None:
        """Show what was written, soon. Called after the transaction."""
        self.staff.nudge()
        self.errands.nudge()
