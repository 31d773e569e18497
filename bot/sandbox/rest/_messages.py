"""Routes of messages by bot token: sending, reading, editing, deleting."""

from aiohttp import web

from bot.sandbox.clock import made_at
from bot.sandbox.messages import REPLY, Message, Sending, unknown_message
from bot.sandbox.permissions import Permission
from bot.sandbox.places import DM, Channel
from bot.sandbox.rest._call import Call, answer
from bot.sandbox.rest._pipeline import SENDING, Endpoint
from bot.sandbox.rest._places import channel_for_bot, require
from bot.sandbox.rules import ApiError
from bot.sandbox.wire import Json

OLD_S = 3600.0
OLD_EDITS_PER_HOUR = 5
BULK_DELETE = range(2, 101)
BULK_DELETE_S = 14 * 86_400.0


async def _send(call: Call) -> web.Response:
    channel = channel_for_bot(call)
    body = call.fields()
    _check_may_send(call, channel, body)
    world = call.world
    nonce = body.get("nonce")
    draft = world.new_message(
        channel.id,
        world.bot.id,
        nonce=None if nonce is None else str(nonce),
        application_id=None,
    )
    if body.get("message_reference"):
        _refer(call, channel, draft, body["message_reference"])
    message = world.post(draft, Sending(body, call.files, world.file_limit_bytes))
    return answer(world.messages.wire(message))


def _check_may_send(call: Call, channel: Channel, body: Json) -> None:
    if channel.type == DM:
        _check_takes_dms(call, channel)
        return
    require(call, channel, call.world.permission_to_send(channel))
    if call.files:
        require(call, channel, Permission.ATTACH_FILES)
    if body.get("embeds"):
        require(call, channel, Permission.EMBED_LINKS)
    if body.get("message_reference"):
        require(call, channel, Permission.READ_MESSAGE_HISTORY)


def _check_takes_dms(call: Call, channel: Channel) -> None:
    """Refuse when the person takes no DMs, or shares no server with the bot any more."""
    user_id, bot_id = channel.recipient_id or 0, call.world.bot.id
    guilds = call.world.guilds.values()
    shares = any(user_id in guild.members and bot_id in guild.members for guild in guilds)
    if not shares or not call.world.users[user_id].takes_dms:
        raise ApiError(403, 50007, "Cannot send messages to this user")


def _refer(call: Call, channel: Channel, draft: Message, reference: Json) -> None:
    target_id = int(reference.get("message_id") or 0)
    target = call.world.messages.find(target_id)
    is_there = target is not None and target.channel_id == channel.id and not target.visible_to
    if not is_there and reference.get("fail_if_not_exists", True):
        problem = {"code": "REPLIES_UNKNOWN_MESSAGE", "message": "Unknown message"}
        errors = {"message_reference": {"_errors": [problem]}}
        raise ApiError(400, 50035, "Invalid Form Body", errors=errors)
    if is_there:
        draft.type = REPLY
        draft.reference = {
            "type": 0,
            "channel_id": str(channel.id),
            "message_id": str(target_id),
        }


async def _list(call: Call) -> web.Response:
    channel = channel_for_bot(call, Permission.READ_MESSAGE_HISTORY)
    query = call.request.query
    limit = min(max(int(query.get("limit", 50)), 1), 100)
    found = [m for m in call.world.messages.in_channel(channel.id) if m.visible_to is None]
    if "before" in query:
        found = [m for m in found if m.id < int(query["before"])][-limit:]
    elif "after" in query:
        found = [m for m in found if m.id > int(query["after"])][:limit]
    elif "around" in query:
        earlier = sum(m.id < int(query["around"]) for m in found)
        start = max(earlier - limit // 2, 0)
        found = found[start : start + limit]
    return answer([call.world.messages.wire(m) for m in reversed(found[-limit:])])


async def _get(call: Call) -> web.Response:
    channel = channel_for_bot(call, Permission.READ_MESSAGE_HISTORY)
    return answer(call.world.messages.wire(_message(call, channel)))


async def _edit(call: Call) -> web.Response:
    channel = channel_for_bot(call)
    message, world = _message(call, channel), call.world
    if message.author_id != world.bot.id:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    if call.files:
        require(call, channel, Permission.ATTACH_FILES)
    _check_old_edits(call, message)
    world.edit(message, Sending(call.fields(), call.files, world.file_limit_bytes))
    return answer(world.messages.wire(message))


def _check_old_edits(call: Call, message: Message) -> None:
    """Count edits of messages older than an hour; Discord takes only a few of them."""
    now = call.world.clock.now()
    if now - message.created_at <= OLD_S:
        return
    recent = [at for at in message.late_edits if now - at < OLD_S]
    if len(recent) >= OLD_EDITS_PER_HOUR:
        raise ApiError(
            400,
            30046,
            "Maximum number of edits to messages older than 1 hour reached. Try again later.",
        )
    message.late_edits = [*recent, now]


async def _delete(call: Call) -> web.Response:
    channel = channel_for_bot(call)
    message = _message(call, channel)
    if message.author_id != call.world.bot.id:
        if channel.type == DM:
            raise ApiError(403, 50003, "Cannot execute action on a DM channel")
        require(call, channel, Permission.MANAGE_MESSAGES)
    call.world.delete_message(message.id)
    return answer(None, 204)


async def _bulk_delete(call: Call) -> web.Response:
    channel = channel_for_bot(call, Permission.MANAGE_MESSAGES)
    ids = [int(message_id) for message_id in call.fields().get("messages") or ()]
    if len(ids) not in BULK_DELETE:
        raise ApiError(400, 50016, "You can only bulk delete between 2 and 100 messages.")
    oldest_s = call.world.clock.now() - BULK_DELETE_S
    if any(made_at(message_id) < oldest_s for message_id in ids):
        raise ApiError(400, 50034, "You can only bulk delete messages that are under 14 days old.")
    for message_id in ids:
        message = call.world.messages.find(message_id)
        if message is not None and message.channel_id == channel.id:
            call.world.delete_message(message_id)
    return answer(None, 204)


def _message(call: Call, channel: Channel) -> Message:
    message = call.world.messages.find(call.snowflake("message_id"))
    # The bot's token does not see ephemeral messages, not even its own.
    if message is None or message.channel_id != channel.id or message.visible_to is not None:
        raise unknown_message()
    return message


_ALL = "/channels/{channel_id}/messages"
_ONE = f"{_ALL}/{{message_id}}"

ENDPOINTS = (
    Endpoint("GET", _ALL, _list),
    Endpoint("POST", _ALL, _send, limit=SENDING),
    Endpoint("POST", f"{_ALL}/bulk-delete", _bulk_delete),
    Endpoint("GET", _ONE, _get),
    Endpoint("PATCH", _ONE, _edit, limit=SENDING),
    Endpoint("DELETE", _ONE, _delete),
)
