"""A delivery in memory: one board of messages, and everything that was put there in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.services import HostAlert, JobView, PictureFile, Posted, Receipt, Undeliverable
from tests.unit.services.script import Script

FIRST_MESSAGE_ID = 5000


@dataclass(frozen=True)
class Outcome:
    """What one delivery put on a message."""

    message_id: int
    view: JobView
    files: tuple[PictureFile, ...]


class Recorder:
    """Points of its script: show, deliver, delivered (on the board), reread, host, notify."""

    def __init__(self) -> None:
        self.script = Script()
        self.alerts: list[HostAlert] = []
        self.notified: list[JobView] = []
        self.shown: list[JobView] = []
        self.posted: list[Outcome] = []
        self._message_ids: dict[int, int] = {}

    async def show(self, view: JobView) -> None:
        await self.script.meet("show")
        self.shown.append(view)

    async def deliver(self, view: JobView, files: Sequence[PictureFile]) -> Receipt:
        await self.script.meet("deliver")
        known = view.address.message_id or FIRST_MESSAGE_ID + view.id
        message_id = self._message_ids.setdefault(view.id, known)
        self.posted.append(Outcome(message_id, view, tuple(files)))
        await self.script.meet("delivered")
        return Receipt(channel_id=view.address.channel_id, message_id=message_id)

    async def notify(self, view: JobView) -> None:
        await self.script.meet("notify")
        self.notified.append(view)

    async def tell_host(self, alert: HostAlert) -> None:
        await self.script.meet("host")
        self.alerts.append(alert)

    async def reread(self, posted: Posted) -> bytes:
        await self.script.meet("reread")
        for one in self.posted:
            for file in one.files:
                if (one.message_id, file.number) == (posted.message_id, posted.number):
                    return file.data
        raise Undeliverable("there is no such message")

    def outcome(self, job_id: int) -> Outcome | None:
        """Return what the person sees in the end."""
        return next((one for one in reversed(self.posted) if one.view.id == job_id), None)
