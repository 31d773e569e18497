"""Preferences: what a person wants when they do not say."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, Self, get_args

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalog import Catalog
from bot.db.tables import preferences
from bot.errors import BadChoice, OutOfRange, UnknownModel, UserError
from bot.services.accounts import Accounts
from bot.services.owners import admit_owner, find_owner
from bot.services.quoting import Quoting
from bot.services.requests import ImageWish, Origin
from bot.services.resources import Resources

Lane = Literal["fast", "relax"]
Visibility = Literal["public", "private"]
Notify = Literal["after a minute", "always", "never"]

MAX_COUNT = 4
HIGHEST_THRESHOLD = 1_000_000


@dataclass(frozen=True)
class Preferences:
    """One person's choices in one server; None leaves it to the command.

    `confirm_above` is in credits: a press that costs more asks first, None never asks.
    `shares_buttons` lets others press the buttons under one's pictures. `takes_gifts` lets them
    give one credits, `is_ranked` shows one on leaderboards.
    """

    model: str | None = None
    aspect_ratio: str | None = None
    count: int | None = None
    lane: Lane | None = None
    visibility: Visibility | None = None
    notify: Notify = "after a minute"
    confirm_above: int | None = None
    shares_buttons: bool = True
    compact: bool = False
    takes_gifts: bool = True
    is_ranked: bool = True

    @classmethod
    def of(cls, chosen: Mapping[str, Any]) -> Self:
        """Read what was stored; what another version stored and we do not know is left."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in chosen.items() if name in known})

    @property
    def chosen(self) -> dict[str, Any]:
        """What differs from the defaults, to be stored."""
        usual = asdict(Preferences())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}

    def _open(self, wish: ImageWish) -> Iterator[tuple[str, Any]]:
        """Yield the preferences that a wish leaves open, the weightiest first.

        Work from a picture takes the lane alone.
        """
        usual = ImageWish(prompt="")
        names = ("model", "lane", "aspect_ratio", "count") if wish.task == "imagine" else ("lane",)
        for name in names:
            preferred = getattr(self, name)
            is_open = name not in wish.said and getattr(wish, name) == getattr(usual, name)
            if preferred is not None and is_open:
                yield name, preferred

    def fitted(self, wish: ImageWish, quoting: Quoting) -> ImageWish:
        """Fill in what a wish leaves open, one by one, as long as some model takes it all.

        What was asked for is never refused because of a preference.
        """
        for name, preferred in self._open(wish):
            filled = replace(wish, **{name: preferred})
            with suppress(UserError):
                if wish.task == "imagine":
                    quoting.quote(filled)
                wish = filled
        return wish


class Preferring:
    """Keeps people's preferences."""

    def __init__(self, resources: Resources, accounts: Accounts) -> None:
        self._db = resources.db
        self._catalog = resources.catalog
        self._clock = resources.clock
        self._accounts = accounts

    @property
    def ratios(self) -> list[str]:
        """Return every aspect ratio that some model knows."""
        models = self._catalog.offering("imagine")
        return list(dict.fromkeys(ratio for one in models for ratio in one.tasks["imagine"].sizes))

    async def read(self, origin: Origin) -> Preferences:
        """Return what a person chose."""
        async with self._db.read() as conn:
            account_id = await find_owner(conn, origin)
            return await read_preferences(conn, account_id)

    async def change(self, origin: Origin, **changes: object) -> Preferences:
        """Change some preferences, and return all of them.

        Raises:
            UnknownModel, BadChoice, OutOfRange, ServerNotAllowed: nothing was written.
        """
        for name, value in changes.items():
            self._check(name, value)
        async with self._db.write() as conn:
            account_id = await admit_owner(conn, self._accounts, origin)
            changed = replace(await read_preferences(conn, account_id), **changes)
            await self._write(conn, account_id, changed)
            return changed

    async def reset(self, origin: Origin) -> Preferences:
        """Go back to the defaults, and return them."""
        async with self._db.write() as conn:
            account_id = await find_owner(conn, origin)
            await conn.execute(preferences.delete().where(preferences.c.account_id == account_id))
        return Preferences()

    def _check(self, name: str, value: object) -> None:
        if value is not None and name == "model":
            _check_model(self._catalog, str(value))
        elif name in _RANGES:
            _check_range(name, value)
        else:
            allowed = {"aspect_ratio": (None, *self.ratios), **_ALLOWED}.get(name, (None,))
            if value not in allowed:
                raise BadChoice(name=name)

    async def _write(self, conn: AsyncConnection, account_id: int, changed: Preferences) -> None:
        values = {"chosen": changed.chosen, "updated_at": self._clock()}
        updated = await conn.execute(
            preferences.update().where(preferences.c.account_id == account_id).values(values)
        )
        if updated.rowcount == 0:
            await conn.execute(preferences.insert().values(account_id=account_id, **values))


async def read_preferences(conn: AsyncConnection, account_id: int | None) -> Preferences:
    """Return what the owner of an account chose."""
    chosen = await conn.scalar(
        sa.select(preferences.c.chosen).where(preferences.c.account_id == account_id)
    )
    return Preferences.of(chosen or {})


_RANGES = {"count": (1, MAX_COUNT), "confirm_above": (0, HIGHEST_THRESHOLD)}
_ALLOWED: dict[str, tuple[object, ...]] = {
    "lane": (None, *get_args(Lane)),
    "visibility": (None, *get_args(Visibility)),
    "notify": get_args(Notify),
    "shares_buttons": (True, False),
    "compact": (True, False),
    "takes_gifts": (True, False),
    "is_ranked": (True, False),
}


def _check_model(catalog: Catalog, name: str) -> None:
    if all(model.name != name for model in catalog.offering("imagine")):
        raise UnknownModel(name=name)


def _check_range(name: str, value: object) -> None:
    low, high = _RANGES[name]
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadChoice(name=name)
    if not low <= value <= high:
        raise OutOfRange(name=name, value=value, low=low, high=high)
