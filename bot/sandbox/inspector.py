"""What an open inspector is told: the bot's requests, its rows, how it fares."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.sandbox.exchanges import Exchanges
from bot.sandbox.rows import read_tables
from bot.sandbox.trouble import Trouble
from bot.sandbox.wire import Json

if TYPE_CHECKING:
    from bot.sandbox.world import World

ROWS_EVERY_S = 2.0
_TREASURY_ID = 0

Send = Callable[[Json], Awaitable[None]]


@dataclass
class _Told:
    """What one page knows already."""

    exchange_id: int = 0
    state: Json = field(default_factory=dict[str, Any])
    tables: list[Json] = field(default_factory=list[Json])
    rows_due_at: float = 0.0


class Inspector:
    """Looks behind the scenes for as long as somebody watches; the rows are not read otherwise."""

    def __init__(self, world: "World", trouble: Trouble, database: Path | None) -> None:
        self.exchanges = Exchanges(world)
        self._world = world
        self._trouble = trouble
        self._database = database

    async def tell(self, send: Send) -> None:
        """Tell what there is, and then every change of it, until cancelled."""
        told, now = _Told(), asyncio.get_running_loop().time
        while True:
            await self._tell_exchanges(told, send)
            await self._tell_state(told, send)
            if now() >= told.rows_due_at:
                await self._tell_rows(told, send)
                told.rows_due_at = now() + ROWS_EVERY_S
            with suppress(TimeoutError):
                patience_s = max(told.rows_due_at - now(), 0.0)
                await self._world.wait_for(lambda: self._has_news(told), patience_s)

    def _has_news(self, told: _Told) -> bool:
        return self.exchanges.last_id > told.exchange_id or self._trouble.state() != told.state

    async def _tell_exchanges(self, told: _Told, send: Send) -> None:
        news = self.exchanges.after(told.exchange_id)
        if news:
            told.exchange_id = news[-1].id
            await send({"type": "exchanges", "exchanges": [one.wire() for one in news]})

    async def _tell_state(self, told: _Told, send: Send) -> None:
        state = self._trouble.state()
        if state != told.state:
            told.state = state
            await send({"type": "state"} | state)

    async def _tell_rows(self, told: _Told, send: Send) -> None:
        if self._database is None:
            return
        # A file that is locked or slow must not hold up the world.
        tables = await asyncio.to_thread(read_tables, self._database, self._cell)
        if tables != told.tables:
            told.tables = tables
            await send({"type": "rows", "tables": tables})

    def _cell(self, column: str, value: Any) -> str | None:  # noqa: ANN401 - whatever SQLite holds
        if value is None:
            return None
        if column.endswith("user_id"):
            return self._name(value)
        if column == "inputs":
            value = json.dumps(json.loads(value), ensure_ascii=False)
        return self.exchanges.shown(str(value))

    def _name(self, user_id: int) -> str:
        if user_id == _TREASURY_ID:
            return "treasury"
        user = self._world.users.get(user_id)
        return str(user_id) if user is None else user.name
