"""Access: where, by whom and how often pictures may be made, as a server's staff decided."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.tables import jobs
from bot.errors import ButtonsKept, ClosedPlace, MissingRole, ServerOnly, TooNew, TooSoon
from bot.services.gates import Asked
from bot.services.orders import PICK
from bot.services.requests import Origin

_DISCORD_EPOCH_MS = 1_420_070_400_000
_SNOWFLAKE_SHIFT = 22


class Access:
    """The gate that reads a server's settings about places, roles, ages and pauses."""

    async def check(self, conn: AsyncConnection, asked: Asked) -> None:
        """Refuse what the settings do not allow.

        Raises:
            ClosedPlace, MissingRole, ButtonsKept, ServerOnly, TooNew, TooSoon: nothing is written.
        """
        if asked.action == PICK:
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
    if asked.parent is None or asked.is_shown_only:
        # What was typed presses no button, though the very same was made by somebody else before.
        return
    is_others = asked.parent.user_id != asked.origin.user_id
    if asked.settings.buttons == "owner" and is_others:
        raise ButtonsKept


def _check_age(asked: Asked) -> None:
    born_at = created_at(asked.origin.user_id)
    may_at = born_at + timedelta(hours=asked.settings.least_account_age_h)
    if asked.settings.least_membership_age_h:
        joined = asked.origin.joined_at
        if joined is None:
            # In a direct message nobody says since when the person is a member, or whether.
            raise ServerOnly
        may_at = max(may_at, joined + timedelta(hours=asked.settings.least_membership_age_h))
    if may_at > asked.now:
        raise TooNew(may_at=may_at)


async def _check_pause(conn: AsyncConnection, asked: Asked) -> None:
    """Refuse who asked a moment ago; bringing one picture of a job does not count."""
    pause = timedelta(seconds=asked.settings.cooldown_s)
    if not pause:
        return
    query = sa.select(sa.func.max(jobs.c.created_at)).where(
        jobs.c.account_id == asked.account_id,
        jobs.c.created_at > asked.now - pause,
        jobs.c.action != PICK,
        ~_is_of_same_answer(asked.origin),
    )
    last: datetime | None = await conn.scalar(query)
    if last is not None:
        raise TooSoon(may_at=last + pause)


def _is_of_same_answer(origin: Origin) -> sa.ColumnElement[bool]:
    """Whether a job is one of those that the very same press accepted: a list is asked for once."""
    if origin.answer_id is None:
        return sa.false()
    return jobs.c.interaction_id.between(origin.answer_id, origin.interaction_id)


def created_at(user_id: int) -> datetime:
    """Return when a Discord account was made; its id says so.

    Source: discord.com/developers/docs/reference#snowflakes.
    """
    seconds = ((user_id >> _SNOWFLAKE_SHIFT) + _DISCORD_EPOCH_MS) / 1000
    return datetime.fromtimestamp(seconds, tz=UTC)
