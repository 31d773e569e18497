"""Gates: everything that may keep somebody from making something, asked in one place."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs import Job, Picture
from bot.policy import ServerSettings, Tier
from bot.services.orders import Click, Order
from bot.services.places import is_spoiler_here
from bot.services.requests import Origin
from bot.services.servers import Servers


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


def asked_by(
    origin: Origin,
    order: Order,
    click: Click,
    *,
    account_id: int,
    servers: Servers,
    now: datetime,
) -> Asked:
    """Return what somebody asks for, as their tier and the place have it made."""
    tier, settings = servers.tier_of(origin), servers.of(origin.server_id)
    if tier.lane == "relax":
        order = replace(order, lane="relax")
    is_of_spoiler = click.parent is not None and click.parent.is_spoiler
    if is_of_spoiler or is_spoiler_here(settings, origin):
        order = replace(order, is_spoiler=True)
    return Asked(
        origin=origin,
        account_id=account_id,
        action=click.action,
        order=order,
        settings=settings,
        tier=tier,
        now=now,
        parent=click.parent,
        is_shown_only=bool(click.pictures),
        number=click.number,
        pictures=click.pictures,
    )
