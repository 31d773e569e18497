"""Routes of interactions: the callback, and edits and followups by token."""

from aiohttp import web

from bot.sandbox.answers import Answers
from bot.sandbox.interactions import Invocation
from bot.sandbox.messages import Message
from bot.sandbox.rest._call import Call, answer, invalid_id
from bot.sandbox.rest._pipeline import BY_TOKEN, Endpoint
from bot.sandbox.rules import ApiError


async def _callback(call: Call) -> web.Response:
    invocation = call.world.interactions.to_answer(
        call.snowflake("interaction_id"), call.word("interaction_token")
    )
    receipt = Answers(call.world).give(invocation, call.fields(), call.files)
    if call.request.query.get("with_response", "").lower() in {"1", "true"}:
        return answer(receipt)
    return answer(None, 204)


async def _follow_up(call: Call) -> web.Response:
    shown = Answers(call.world).follow_up(_invocation(call), call.fields(), call.files)
    return answer(shown)


async def _get(call: Call) -> web.Response:
    return answer(call.world.messages.wire(_message(call, _invocation(call))))


async def _edit(call: Call) -> web.Response:
    invocation = _invocation(call)
    message = _message(call, invocation)
    return answer(Answers(call.world).edit(invocation, message, call.fields(), call.files))


async def _delete(call: Call) -> web.Response:
    invocation = _invocation(call)
    Answers(call.world).delete(invocation, _message(call, invocation))
    return answer(None, 204)


def _invocation(call: Call) -> Invocation:
    if call.snowflake("webhook_id") != call.world.application_id:
        raise ApiError(404, 10015, "Unknown Webhook")
    return call.world.interactions.by_token(call.word("webhook_token"))


def _message(call: Call, invocation: Invocation) -> Message:
    name = call.word("message_id")
    if name == "@original":
        return Answers(call.world).original(invocation)
    if not name.isdecimal():
        raise invalid_id("message_id", name)
    return Answers(call.world).message(invocation, int(name))


_CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
_MESSAGE = f"{_WEBHOOK}/messages/{{message_id}}"

ENDPOINTS = (
    Endpoint("POST", _CALLBACK, _callback, limit=BY_TOKEN, by_token=True),
    Endpoint("POST", _WEBHOOK, _follow_up, limit=BY_TOKEN, by_token=True),
    Endpoint("GET", _MESSAGE, _get, limit=BY_TOKEN, by_token=True),
    Endpoint("PATCH", _MESSAGE, _edit, limit=BY_TOKEN, by_token=True),
    Endpoint("DELETE", _MESSAGE, _delete, limit=BY_TOKEN, by_token=True),
)
