"""Interactions: what a person started, who may still answer it, and until when."""

import asyncio
import base64
import math
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bot.sandbox.clock import Clock, made_at
from bot.sandbox.rules import ApiError
from bot.sandbox.wire import Json

Kind = Literal["slash", "user_menu", "message_menu", "autocomplete", "component", "modal"]
State = Literal["waiting", "answered", "deferred", "failed"]

FIRST_ANSWER_S = 3.0
TOKEN_S = 15 * 60.0
DEFERRED_MESSAGE = 5
NO_RESPONSE = "The application did not respond"
WIRE_TYPE: dict[Kind, int] = {
    "slash": 2,
    "user_menu": 2,
    "message_menu": 2,
    "component": 3,
    "autocomplete": 4,
    "modal": 5,
}


class DidNotRespond(Exception):
    """The bot gave no first answer within three seconds of the world's clock."""


class Watch(Protocol):
    """Waits for a condition over the world, as `World.wait_for` does."""

    def __call__(self, predicate: Callable[[], Any], timeout_s: float = ..., /) -> Awaitable[Any]:
        """Return the first true answer."""
        ...


@dataclass
class Invocation:
    """One interaction, from the person's side and the bot's.

    `message_id` is what `@original` means: the answer, the placeholder of a deferral, or the
    message whose component was used. `state` is "deferred" only while a placeholder shows.
    """

    id: int
    token: str
    kind: Kind
    user_id: int
    channel_id: int
    created_at: float
    state: State = "waiting"
    response_type: int | None = None
    message_id: int | None = None
    modal: Json | None = None
    choices: list[Json] | None = None
    error: str | None = None
    guild_id: int | None = None
    name: str = ""
    source_message_id: int | None = None
    followup_ids: list[int] = field(default_factory=list[int])
    metadata: Json = field(default_factory=dict[str, Any])
    file_limit_bytes: int = 0
    watch: Watch | None = field(default=None, repr=False, compare=False)

    def answered(self, timeout: float = 10.0) -> Awaitable["Invocation"]:
        """Wait for the first answer, a deferral included; `timeout` is real seconds.

        Raises:
            DidNotRespond: three seconds of the world's clock went by.
            TimeoutError: `timeout` went by before either happened.
        """
        return self._until(lambda: self.state != "waiting", timeout)

    def settled(self, timeout: float = 10.0) -> Awaitable["Invocation"]:
        """Wait until there is an answer that is no placeholder; raises as `answered` does."""
        return self._until(lambda: self.state not in {"waiting", "deferred"}, timeout)

    async def _until(self, is_over: Callable[[], bool], timeout_s: float) -> "Invocation":
        assert self.watch is not None, "an invocation that a world did not open"
        await self.watch(is_over, timeout_s)
        if self.state == "failed":
            raise DidNotRespond(self.error or NO_RESPONSE)
        return self

    def wire(self) -> Json:
        """Show the invocation to a page: ids as strings, no token."""
        return {
            "id": str(self.id),
            "kind": self.kind,
            "name": self.name,
            "user_id": str(self.user_id),
            "channel_id": str(self.channel_id),
            "state": self.state,
            "response_type": self.response_type,
            "message_id": None if self.message_id is None else str(self.message_id),
            "source_message_id": (
                None if self.source_message_id is None else str(self.source_message_id)
            ),
            "modal": self.modal,
            "choices": self.choices,
            "error": self.error,
        }


class Interactions:
    """Every interaction that is still remembered, and the three clocks over it."""

    def __init__(self, clock: Clock, changed: Callable[[Invocation], None], watch: Watch) -> None:
        self._clock = clock
        self._changed = changed
        self._watch = watch
        self._by_id: dict[int, Invocation] = {}

    def open(self, invocation: Invocation) -> None:
        """Start the three seconds of an interaction."""
        self.add(invocation)
        self._changed(invocation)
        self._look_again(invocation)

    def add(self, invocation: Invocation) -> None:
        """Remember an interaction as it is."""
        invocation.watch = self._watch
        self._by_id[invocation.id] = invocation

    def find(self, interaction_id: int) -> Invocation | None:
        """Return an interaction by id."""
        return self._by_id.get(interaction_id)

    def all(self) -> list[Invocation]:
        """Return every interaction, oldest first."""
        return list(self._by_id.values())

    def to_answer(self, interaction_id: int, token: str) -> Invocation:
        """Return an interaction whose first answer is still due.

        Raises:
            ApiError: 404/10062 when it is unknown or too old, 400/40060 when it was answered.
        """
        invocation = self._by_id.get(interaction_id)
        if invocation is None or not secrets.compare_digest(invocation.token, token):
            raise ApiError(404, 10062, "Unknown interaction")
        if invocation.response_type is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if invocation.state == "failed" or self._age_s(invocation) > FIRST_ANSWER_S:
            raise ApiError(404, 10062, "Unknown interaction")
        return invocation

    def by_token(self, token: str) -> Invocation:
        """Return the interaction of a token that may still edit and follow up.

        Raises:
            ApiError: 404/10015 when unknown or not answered yet, 401/50027 after 15 minutes.
        """
        interaction_id = _id_in(token)
        if interaction_id is None:
            raise ApiError(404, 10015, "Unknown Webhook")
        if self._clock.now() - made_at(interaction_id) > TOKEN_S:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        invocation = self._by_id.get(interaction_id)
        if invocation is None or not secrets.compare_digest(invocation.token, token):
            raise ApiError(404, 10015, "Unknown Webhook")
        if invocation.response_type is None:
            raise ApiError(404, 10015, "Unknown Webhook")
        return invocation

    def answer(
        self, invocation: Invocation, response_type: int, *, message_id: int | None = None
    ) -> None:
        """Write down the first answer."""
        invocation.response_type = response_type
        invocation.message_id = message_id
        invocation.state = "deferred" if response_type == DEFERRED_MESSAGE else "answered"
        self._changed(invocation)
        self._look_again(invocation)

    def fill(self, invocation: Invocation) -> None:
        """Write down that the placeholder of a deferral became an answer."""
        if invocation.state == "deferred":
            invocation.state = "answered"
            self._changed(invocation)

    def expire(self) -> None:
        """Fail what was not answered in time, and forget what nobody can touch any more."""
        for invocation in self.all():
            if self._remaining_s(invocation) < 0:
                invocation.state = "failed"
                invocation.error = NO_RESPONSE
                self._changed(invocation)
            elif self._age_s(invocation) > 2 * TOKEN_S:
                del self._by_id[invocation.id]

    def watch_clocks(self) -> None:
        """Arm the clocks of everything unfinished: after a snapshot, inside the running loop."""
        for invocation in self.all():
            self._look_again(invocation)

    def _look_again(self, invocation: Invocation) -> None:
        remaining_s = self._remaining_s(invocation)
        if math.isfinite(remaining_s):
            # A little later than the limit, so that the clock is surely past it.
            delay_s = max(remaining_s, 0.0) + 0.01
            asyncio.get_running_loop().call_later(delay_s, self._time_is_up, invocation)

    def _time_is_up(self, invocation: Invocation) -> None:
        self.expire()
        self._look_again(invocation)

    def _remaining_s(self, invocation: Invocation) -> float:
        """Return how long the bot has; infinite when nothing is awaited any more."""
        limit_s = {"waiting": FIRST_ANSWER_S, "deferred": TOKEN_S}.get(invocation.state, math.inf)
        return limit_s - self._age_s(invocation)

    def _age_s(self, invocation: Invocation) -> float:
        return self._clock.now() - invocation.created_at


def new_token(interaction_id: int) -> str:
    """Make a token nobody can guess; like Discord's it tells which interaction it is of."""
    text = f"interaction:{interaction_id}:{secrets.token_urlsafe(72)}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _id_in(token: str) -> int | None:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        word, interaction_id, _ = text.split(":", 2)
        return int(interaction_id) if word == "interaction" else None
    except ValueError:
        return None
