"""Gates: everything that may keep somebody from making something, asked in one place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs import Job, Picture
from bot.policy import ServerSettings, Tier
from bot.services.orders import Order
from bot.services.requests import Origin


@dataclass(frozen=True)
class Asked:
    """What somebody asks for, once it is known what it would be.

    `action` is the command or button; `parent` the job whose button it was, `number` the picture it
    was pressed for, if any. `is_shown_only` says that nothing is made: `pictures`, which are there
    already, are shown.
    """

    origin: Origin
    account_id: int
    action: str
    order: Order
    settings: ServerSettings
    tier: Tier
    now: datetime
    parent: Job | None = None
    is_shown_only: bool = False
    number: int = 0
    pictures: tuple[Picture, ...] = ()


class Gate(Protocol):
    """One reason to refuse."""

    async def check(self, conn: AsyncConnection, asked: Asked) -> None:
        """Look, in the transaction that would accept the job, and before it writes anything.

        Raises:
            UserError: it is refused, and nothing is written.
        """
        ...
