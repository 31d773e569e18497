"""Putting a job's state where the person looks: its card, the channel, or their messages.

The card is edited by the interaction's token while that is young, by the bot's own token later;
a card that is gone is posted again, and a channel that is gone is replaced by a direct message.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import cast
from weakref import WeakValueDictionary

import discord
import structlog

from bot.services import (
    Delivery,
    HostAlert,
    JobView,
    NotNow,
    PictureFile,
    Posted,
    Receipt,
    TooLarge,
    Undeliverable,
)
from cogs import _texts as texts
from cogs._alerts import alert as alert_words
from cogs._buttons import walk
from cogs._cards import draw
from cogs._hosts import hosts_of
from cogs._trouble import Expired, Gone, translated

log = structlog.get_logger()

# The token lives 15 minutes; a margin, because a refused edit counts towards a ban.
TOKEN_AGE = timedelta(minutes=14)
LOOK_BACK = 50
REMEMBERED = 1000


class DiscordDelivery(Delivery):
    """Delivers through whichever client is connected at the moment."""

    def __init__(self, *, owner_ids: Collection[int] = ()) -> None:
        self._owner_ids = owner_ids
        self._client: discord.Client | None = None
        # One edit of a card at a time, and none of its progress after its outcome: edits on
        # their way together may arrive in either order.
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._over: deque[int] = deque(maxlen=REMEMBERED)
        self._showing: set[asyncio.Task[None]] = set()

    def attach(self, client: discord.Client) -> None:
        """Deliver through this client from now on."""
        self._client = client

    async def show(self, view: JobView) -> None:
        """Put the present state on the card; what cannot be shown now is not shown."""
        # Shielded, because an edit cut off half way may still arrive, after the outcome.
        task = asyncio.create_task(self._show(view))
        self._showing.add(task)
        task.add_done_callback(self._showing.discard)
        await asyncio.shield(task)

    async def deliver(self, view: JobView, files: Sequence[PictureFile]) -> Receipt:
        """Show the outcome at the nearest place that takes it."""
        async with self._turn(view.id):
            self._over.append(view.id)
            for way in (self._edit, self._post, self._send_privately):
                try:
                    return await way(view, files)
                except Gone as gone:
                    log.info("no way there", job_id=view.id, way=way.__name__, reason=str(gone))
        raise Undeliverable("neither the card, the channel nor a direct message took it")

    async def notify(self, view: JobView) -> None:
        """Reply to the card with a mention, the only one that this bot ever makes."""
        address = view.address
        if address.message_id is None:
            return
        channel = self._connected().get_partial_messageable(address.channel_id)
        try:
            with translated():
                await channel.send(
                    texts.ready(view),
                    reference=channel.get_partial_message(address.message_id).to_reference(
                        fail_if_not_exists=False
                    ),
                    allowed_mentions=discord.AllowedMentions(users=[discord.Object(view.user_id)]),
                    nonce=f"told-{view.id}",
                )
        except Gone as error:
            raise Undeliverable(str(error)) from error

    async def tell_host(self, alert: HostAlert) -> None:
        """Send a direct message to everybody who hosts the bot."""
        told = 0
        for user_id in hosts_of(self._connected(), self._owner_ids):
            try:
                with translated():
                    channel = await self._connected().create_dm(discord.Object(user_id))
                    await channel.send(alert_words(alert))
            except (Gone, Undeliverable) as error:
                log.info("host takes no message", user_id=user_id, reason=str(error))
            else:
                told += 1
        if not told:
            raise Undeliverable("no host takes a message")

    async def reread(self, posted: Posted) -> bytes:
        """Download a picture from its message; the link in it is fresh each time we look."""
        client = self._connected()
        channel = client.get_partial_messageable(posted.channel_id)
        try:
            with translated():
                message = await channel.fetch_message(posted.message_id)
                url = _find_picture(message, posted)
                # Not media.read(): a component of a fetched message does not know its client.
                return await client.http.get_from_cdn(url)
        except (Gone, LookupError) as error:
            raise Undeliverable(str(error)) from error

    def _turn(self, job_id: int) -> asyncio.Lock:
        return self._turns.setdefault(job_id, asyncio.Lock())

    async def _show(self, view: JobView) -> None:
        async with self._turn(view.id):
            if view.id in self._over:
                return
            try:
                await self._edit(view, [])
            except (Gone, NotNow, TooLarge, Undeliverable) as error:
                log.info("progress not shown", job_id=view.id, reason=repr(error))

    async def _edit(self, view: JobView, files: Sequence[PictureFile]) -> Receipt:
        age = discord.utils.utcnow() - discord.utils.snowflake_time(view.address.interaction_id)
        if age < TOKEN_AGE:
            try:
                return await self._edit_by_token(view, files)
            except Expired:
                log.info("token expired early", job_id=view.id)
        return await self._edit_by_bot(view, files)

    async def _edit_by_token(self, view: JobView, files: Sequence[PictureFile]) -> Receipt:
        client = self._connected()
        address = view.address
        if address.message_id is None and address.has_followup:
            raise Gone("the card is not the interaction's first answer")
        webhook = discord.Webhook.partial(address.application_id, address.token, client=client)
        # A crash between the answer and noting its id leaves the name that always works.
        message_id = address.message_id or cast("int", "@original")
        layout, attachments = draw(view, files)
        with translated():
            message = await webhook.edit_message(message_id, view=layout, attachments=attachments)
        return Receipt(channel_id=address.channel_id, message_id=message.id)

    async def _edit_by_bot(self, view: JobView, files: Sequence[PictureFile]) -> Receipt:
        address = view.address
        if address.message_id is None or address.is_private:
            raise Gone("there is no card that the bot's token reaches")
        channel = self._connected().get_partial_messageable(address.channel_id)
        layout, attachments = draw(view, files)
        with translated():
            message = await channel.get_partial_message(address.message_id).edit(
                view=layout, attachments=attachments
            )
        return Receipt(channel_id=address.channel_id, message_id=message.id)

    async def _post(self, view: JobView, files: Sequence[PictureFile]) -> Receipt:
        if view.address.is_private:
            raise Gone("private work is not posted in a channel")
        channel = self._connected().get_partial_messageable(view.address.channel_id)
        return await self._send(channel, view, files)

    async def _send_privately(self, view: JobView, files: Sequence[PictureFile]) -> Receipt:
        if any(file.is_for_adults for file in files):
            raise Gone("what is for adults is not sent privately")
        with translated():
            channel = await self._connected().create_dm(discord.Object(view.user_id))
        return await self._send(channel, view, files)

    async def _send(
        self,
        channel: discord.DMChannel | discord.PartialMessageable,
        view: JobView,
        files: Sequence[PictureFile],
    ) -> Receipt:
        with translated():
            earlier = await self._find_earlier(channel, view)
            layout, attachments = draw(view, files)
            if earlier is not None:
                await earlier.edit(view=layout, attachments=attachments)
                return Receipt(channel_id=channel.id, message_id=earlier.id)
            # The nonce makes a repeat within minutes return the first message.
            message = await channel.send(view=layout, files=attachments, nonce=f"job-{view.id}")
            return Receipt(channel_id=channel.id, message_id=message.id)

    async def _find_earlier(
        self, channel: discord.DMChannel | discord.PartialMessageable, view: JobView
    ) -> discord.Message | None:
        """Find the message that an earlier, cut off delivery of this job has posted."""
        client = self._connected()
        # Where we may not look, the nonce has to do.
        with suppress(discord.Forbidden):
            async for message in channel.history(limit=LOOK_BACK):
                if message.author == client.user and _names_job(message, view.id):
                    return message
        return None

    def _connected(self) -> discord.Client:
        if self._client is None or self._client.is_closed():
            raise NotNow("not connected to Discord")
        return self._client


def _names_job(message: discord.Message, job_id: int) -> bool:
    lines = (part for part in walk(message.components) if isinstance(part, discord.TextDisplay))
    return any(texts.names_job(line.content, job_id) for line in lines)


def _find_picture(message: discord.Message, posted: Posted) -> str:
    """Return the link to a picture of a job; by its file's name, for some may be missing.

    Raises:
        LookupError: the message does not show it.
    """
    stem = f"/job-{posted.job_id}-{posted.number}."
    for part in walk(message.components):
        if isinstance(part, discord.MediaGalleryComponent):
            for item in part.items:
                if stem in item.media.url:
                    return item.media.url
    raise LookupError(f"message {message.id} does not show {stem}")
