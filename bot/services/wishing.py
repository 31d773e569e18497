"""Wishing: what lies between a person's words or press and the jobs that come of it.

Preferences fill in what was not said, lists make several wishes of one, and what is many jobs or
dearer than the person wants to spend in one go waits for a second press.
"""

import secrets
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import jobs
from bot.db.tables import asks
from bot.errors import AskOver, InsufficientCredits, NeedsAnswer, NotShared, UserError
from bot.jobs import Job
from bot.services.credits import Credits
from bot.services.followups import is_shown_anew
from bot.services.increases import has_job_risen, has_offer_risen
from bot.services.making import Accepted, Making
from bot.services.preferences import Preferences, Preferring, Visibility, read_preferences
from bot.services.prompts import wishes_from
from bot.services.quoting import Quote, Quoting
from bot.services.requests import ImageWish, Origin
from bot.services.resources import Resources
from bot.services.screening import Screening

ASK_STANDS_FOR = timedelta(minutes=15)


@dataclass(frozen=True)
class Request:
    """One job that somebody asks for: a new wish, or what follows from job `job_id`."""

    action: str
    wish: ImageWish | None = None
    job_id: int = 0
    number: int = 0
    prompt: str | None = None
    price: int | None = None
    """What they were told that it costs, in credits."""


_REQUESTS = TypeAdapter(list[Request])


class Wishing:
    """Accepts what people ask for, or asks back."""

    def __init__(
        self,
        resources: Resources,
        *,
        credit: Credits,
        making: Making,
        preferring: Preferring,
        quoting: Quoting,
        screening: Screening,
    ) -> None:
        self._db = resources.db
        self._clock = resources.clock
        self._credits = credit
        self._making = making
        self._preferring = preferring
        self._quoting = quoting
        self._screening = screening

    async def wish(
        self,
        origin: Origin,
        wish: ImageWish,
        *,
        action: str = "imagine",
        visibility: Visibility | None = None,
    ) -> Accepted:
        """Accept what somebody typed.

        Raises:
            NeedsAnswer: it waits for `confirm`; nothing was spent.
            UserError: nothing was written.
        """
        chosen = await self._preferring.read(origin)
        origin = _placed(origin, visibility or chosen.visibility or "public")
        wishes = self._read(chosen, wish)
        await self._screening.check_wishes(origin, wishes)
        prices = [await self._price_of(origin, one) for one in wishes]
        requests = [
            Request(action, wish=one, price=price)
            for one, price in zip(wishes, prices, strict=True)
        ]
        price = sum(prices)
        if len(requests) > 1 or _is_dear(chosen, price):
            await self._ask(origin, requests, price=price)
        return await self._accept(origin, requests[0])

    async def rehearse(self, origin: Origin, wish: ImageWish) -> None:
        """Refuse, before a picture is downloaded and kept for it, what would be refused anyway.

        `wish` names the picture by its size alone.

        Raises:
            UserError: nothing was written but a newcomer's account.
        """
        chosen = await self._preferring.read(origin)
        wishes = self._read(chosen, wish)
        await self._screening.check_wishes(origin, wishes)
        quoting = self._quoting.at(origin.server_id)
        price = sum(quoting.quote(one).price for one in wishes)
        await self._check_funds(origin, price)
        # What keeps a person from one of them keeps them from all.
        await self._making.rehearse(origin, wishes[0])

    async def read(self, origin: Origin, wish: ImageWish) -> list[ImageWish]:
        """Return the wishes that what somebody typed comes down to.

        Raises:
            UserError: a flag or a list in it is not understood.
        """
        return self._read(await self._preferring.read(origin), wish)

    async def follow_up(
        self, origin: Origin, job_id: int, number: int, *, action: str, prompt: str | None = None
    ) -> Accepted:
        """Accept what a button asks for; raises as `wish` does, and `NotShared`.

        What costs more by now than it did when the card was made is asked about first.
        """
        parent = await self._check_shared(origin, job_id)
        chosen = await self._preferring.read(origin)
        if parent is not None and is_shown_anew(parent, action):
            is_private = origin.is_private or chosen.visibility == "private"
            origin = replace(origin, is_private=is_private)
        request = Request(action, job_id=job_id, number=number, prompt=prompt)
        if parent is not None:
            quote = await self._quote_of(origin, request)
            is_dearer = await self._has_risen(parent, quote)
            if is_dearer or _is_dear(chosen, quote.price):
                await self._ask(origin, [replace(request, price=quote.price)], price=quote.price)
        return await self._accept(origin, request)

    async def pick(self, origin: Origin, job_id: int, number: int) -> Accepted:
        """Accept one picture as a message of its own; raises as `Making.pick`, and `NotShared`."""
        await self._check_shared(origin, job_id)
        return await self._making.pick(origin, job_id, number)

    async def confirm(self, origin: Origin, ask_id: int) -> AsyncIterator[Accepted]:
        """Accept, one after the other, what the same person was asked about.

        Raises:
            AskOver: it was answered before, or too long ago, or by somebody else.
            UserError: this one and the rest were not accepted.
        """
        requests, is_private = await self._take(origin, ask_id)
        answer_id = origin.interaction_id
        origin = replace(origin, is_private=is_private, has_followup=True, answer_id=answer_id)
        for number, request in enumerate(requests):
            one = origin if not number else await self._next(origin)
            try:
                await self._check_price(one, requests[number:])
                accepted = await self._accept(one, request)
            except NeedsAnswer:
                raise
            except UserError:
                await self._put_back(origin, ask_id, requests[number:])
                raise
            yield accepted

    async def _next(self, origin: Origin) -> Origin:
        """Return the same interaction under a number that no job goes by yet.

        The last bits of Discord's ids count within a millisecond: a neighbour of the press's own id
        is as old, which tells how long its token lives.
        """
        async with self._db.read() as conn:
            number = await jobs.number_for(conn, origin.interaction_id)
        return replace(origin, interaction_id=number)

    async def _has_risen(self, parent: Job, quote: Quote) -> bool:
        quoting = self._quoting.at(parent.server_id)
        async with self._db.read() as conn:
            if await has_job_risen(conn, quoting, parent):
                return True
            is_same = (quote.model.name, quote.task) == (parent.model, parent.task)
            return not is_same and await has_offer_risen(conn, quote, since=parent.created_at)

    async def _check_price(self, origin: Origin, requests: list[Request]) -> None:
        """Ask anew when the first of some requests costs more by now than they were told.

        Raises:
            NeedsAnswer: all of them wait for another answer.
        """
        told = requests[0].price
        if told is None or await self._price_now(origin, requests[0]) <= told:
            return
        now = [replace(one, price=await self._price_now(origin, one)) for one in requests]
        await self._ask(origin, now, price=sum(one.price or 0 for one in now))

    async def _price_now(self, origin: Origin, request: Request) -> int:
        if request.wish is not None:
            return await self._price_of(origin, request.wish)
        return (await self._quote_of(origin, request)).price

    async def _quote_of(self, origin: Origin, request: Request) -> Quote:
        return await self._making.quote_of(
            origin, request.job_id, request.number, action=request.action, prompt=request.prompt
        )

    async def _price_of(self, origin: Origin, wish: ImageWish) -> int:
        quote = self._quoting.at(origin.server_id).quote(wish)
        return 0 if await self._making.has_made(origin, quote) else quote.price

    async def server_of(self, ask_id: int, user_id: int) -> int:
        """Return the server that somebody's own ask counts in, wherever they answer it.

        Raises:
            AskOver: they were asked nothing of that number, or it is answered.
        """
        mine = (asks.c.id == ask_id) & (asks.c.user_id == user_id)
        async with self._db.read() as conn:
            server_id = await conn.scalar(sa.select(asks.c.server_id).where(mine))
        if server_id is None:
            raise AskOver
        return server_id

    async def drop(self, origin: Origin, ask_id: int) -> None:
        """Forget an ask; raises as `confirm` does."""
        await self._take(origin, ask_id)

    def _read(self, chosen: Preferences, wish: ImageWish) -> list[ImageWish]:
        # Words that shall become better keep their flags and lists: nothing is made of them yet.
        read = [wish] if wish.task == "enhance" else wishes_from(wish)
        return [chosen.fitted(one, self._quoting) for one in read]

    async def _accept(self, origin: Origin, request: Request) -> Accepted:
        if request.wish is not None:
            return await self._making.request_images(origin, request.wish, action=request.action)
        return await self._making.follow_up(
            origin, request.job_id, request.number, action=request.action, prompt=request.prompt
        )

    async def _check_shared(self, origin: Origin, job_id: int) -> Job | None:
        """Return the job, if there is one, whose buttons somebody wants to press."""
        async with self._db.read() as conn:
            job = await jobs.get(conn, job_id)
            if job is None or job.user_id == origin.user_id:
                return job
            chosen = await read_preferences(conn, job.account_id)
        if not chosen.shares_buttons:
            raise NotShared
        return job

    async def _ask(self, origin: Origin, requests: list[Request], *, price: int) -> None:
        """Write down what is asked for and ask back.

        Raises:
            InsufficientCredits: there is no point in asking.
            NeedsAnswer: always, otherwise.
        """
        await self._check_funds(origin, price)
        now = self._clock()
        async with self._db.write() as conn:
            await forget_old_asks(conn, now=now)
        # By chance, not counted: a number that comes again would answer another question.
        ask_id = secrets.randbelow(10**18)
        await self._put_back(origin, ask_id, requests)
        raise NeedsAnswer(ask_id=ask_id, count=len(requests), price=price)

    async def _check_funds(self, origin: Origin, price: int) -> None:
        balance = await self._credits.balance(server_id=origin.server_id, user_id=origin.user_id)
        available = balance.funds.available
        if price > available:
            raise InsufficientCredits(needed=price, available=available)

    async def _put_back(self, origin: Origin, ask_id: int, requests: list[Request]) -> None:
        async with self._db.write() as conn:
            await conn.execute(
                asks.insert().values(
                    id=ask_id,
                    server_id=origin.server_id,
                    user_id=origin.user_id,
                    requests=[asdict(request) for request in requests],
                    is_private=origin.is_private,
                    created_at=self._clock(),
                )
            )

    async def _take(self, origin: Origin, ask_id: int) -> tuple[list[Request], bool]:
        """Take an ask away, so that it is answered once."""
        is_mine = (
            (asks.c.id == ask_id)
            & (asks.c.server_id == origin.server_id)
            & (asks.c.user_id == origin.user_id)
            & (asks.c.created_at > self._clock() - ASK_STANDS_FOR)
        )
        async with self._db.write() as conn:
            taken = await conn.execute(
                asks.delete().where(is_mine).returning(asks.c.requests, asks.c.is_private)
            )
            row = taken.first()
        if row is None:
            raise AskOver
        return _REQUESTS.validate_python(row.requests), row.is_private


async def forget_old_asks(conn: AsyncConnection, *, now: datetime) -> None:
    """Delete what nobody answered in time: it holds people's words."""
    await conn.execute(asks.delete().where(asks.c.created_at < now - ASK_STANDS_FOR))


def _placed(origin: Origin, visibility: Visibility) -> Origin:
    """Return where the answer goes: a private card takes a private word's place."""
    is_private = visibility == "private"
    return replace(
        origin, is_private=is_private, has_followup=origin.has_followup and not is_private
    )


def _is_dear(chosen: Preferences, price: int) -> bool:
    return chosen.confirm_above is not None and price > chosen.confirm_above
