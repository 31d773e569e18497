"""Access: where, by whom and how often pictures may be made, as a server's staff decided."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import jobs
from bot.errors import ButtonsKept, ClosedPlace, MissingRole, TooNew, TooSoon
from bot.services.gates import Asked

_DISCORD_EPOCH_MS = 1_420_070_400_000
_SNOWFLAKE_SHIFT = 22


class Access:
    """The gate that reads a server's settings about places, roles, ages and pauses."""

    async def check(self, conn: AsyncConnection, asked: Asked) -> None:
        """Refuse what the settings do not allow.

        Raises:
            ClosedPlace, MissingRole, ButtonsKept, TooNew, TooSoon: nothing is written.
        """
        if asked.is_shown_only:
            return
        _check_place(asked)
        _check_role(asked)
        _check_button(asked)
        # Who keeps order is not kept waiting.
        if not asked.origin.is_staff:
            _check_age(asked)
            await _check_pause(conn, asked)


def _check_place(asked: Asked) -> None:
    """Refuse a channel where nothing is made; a thread is its channel, or named itself."""
    places = {asked.origin.channel_id, asked.origin.parent_channel_id}
    is_open = not asked.settings.maker_channels or places & {*asked.settings.maker_channels}
    if not is_open or places & {*asked.settings.closed_channels}:
        raise ClosedPlace(channel_ids=asked.settings.maker_channels)


def _check_role(asked: Asked) -> None:
    wanted = asked.settings.maker_roles
    if wanted and not asked.origin.is_staff and not {*wanted} & {*asked.origin.role_ids}:
        raise MissingRole(role_ids=wanted)


def _check_button(asked: Asked) -> None:
    is_others = asked.parent is not None and asked.parent.user_id != asked.origin.user_id
    if asked.settings.buttons == "owner" and is_others:
        raise ButtonsKept


def _check_age(asked: Asked) -> None:
    born_at = created_at(asked.origin.user_id)
    may_at = born_at + timedelta(hours=asked.settings.least_account_age_h)
    if asked.settings.least_membership_age_h and asked.origin.joined_at is not None:
        joined = asked.origin.joined_at
        may_at = max(may_at, joined + timedelta(hours=asked.settings.least_membership_age_h))
    if may_at > asked.now:
        raise TooNew(may_at=may_at)


async def _check_pause(conn: AsyncConnection, asked: Asked) -> None:
    """Refuse who asked a moment ago; what was only shown does not count."""
    pause = timedelta(seconds=asked.settings.cooldown_s)
    if not pause:
        return
    query = sa.select(sa.func.max(jobs.c.created_at)).where(
        jobs.c.account_id == asked.account_id,
        jobs.c.created_at > asked.now - pause,
        jobs.c.action.not_in(("pick", "reuse")),
    )
    last: datetime | None = await conn.scalar(query)
    if last is not None:
        raise TooSoon(may_at=last + pause)


def created_at(user_id: int) -> datetime:
    """Return when a Discord account was made; its id says so.

    Source: discord.com/developers/docs/reference#snowflakes.
    """
    seconds = ((user_id >> _SNOWFLAKE_SHIFT) + _DISCORD_EPOCH_MS) / 1000
    return datetime.fromtimestamp(seconds, tz=UTC)
