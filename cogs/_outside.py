"""Discord as the services see it beside jobs: posts, direct messages, roles and places."""

import discord

from bot.services import NotNow, Outside, Place, Post, Rank, Undeliverable
from cogs._hosts import hosts_of
from cogs._posts import draw_post
from cogs._trouble import Gone, translated

_NO_SUCH_PERSON = (10007, 10013)
"""Unknown member, unknown user.

Source: discord.com/developers/docs/topics/opcodes-and-status-codes.
"""


class DiscordOutside(Outside):
    """Works through whichever client is connected at the moment."""

    def __init__(self) -> None:
        self._client: discord.Client | None = None

    def attach(self, client: discord.Client) -> None:
        """Work through this client from now on."""
        self._client = client

    async def post(self, channel_id: int, post: Post, *, nonce: str) -> Place:
        """Post a message."""
        layout, files = draw_post(post)
        try:
            with translated():
                channel = self._connected().get_partial_messageable(channel_id)
                message = await channel.send(view=layout, files=files, nonce=nonce)
        except Gone as error:
            raise Undeliverable(str(error)) from error
        return Place(channel_id=channel_id, message_id=message.id)

    async def edit(self, place: Place, post: Post) -> None:
        """Put something else in a message's place."""
        layout, files = draw_post(post)
        try:
            with translated():
                await self._message(place).edit(view=layout, attachments=files)
        except Gone as error:
            raise Undeliverable(str(error)) from error

    async def remove(self, place: Place) -> None:
        """Delete a message."""
        try:
            with translated():
                await self._message(place).delete()
        except Gone as error:
            if isinstance(error.__cause__, discord.NotFound):
                return
            raise Undeliverable(str(error)) from error

    async def tell(self, user_id: int, post: Post) -> None:
        """Send a direct message."""
        layout, files = draw_post(post)
        try:
            with translated():
                channel = await self._connected().create_dm(discord.Object(user_id))
                await channel.send(view=layout, files=files)
        except Gone as error:
            raise Undeliverable(str(error)) from error

    async def roles_of(self, server_id: int, user_id: int) -> frozenset[int] | None:
        """Return a member's roles; asked of Discord, for members are not kept in memory."""
        try:
            with translated():
                member = await self._connected().http.get_member(server_id, user_id)
        except Gone as error:
            cause = error.__cause__
            if isinstance(cause, discord.NotFound) and cause.code in _NO_SUCH_PERSON:
                return None
            # Then it is us who are not there.
            raise Undeliverable(str(error)) from error
        return frozenset(int(role_id) for role_id in member["roles"])

    async def rank_of(self, server_id: int, user_id: int) -> Rank:
        """Return how high somebody stands, by what Discord tells of roles just now."""
        client = self._connected()
        if user_id in hosts_of(client, getattr(client, "owner_ids", None) or ()):
            return Rank.OWNER
        try:
            role_ids = await self.roles_of(server_id, user_id) or ()
            with translated():
                guild = client.get_guild(server_id) or await client.fetch_guild(server_id)
        except (Gone, Undeliverable):
            return Rank.MEMBER
        if guild.owner_id == user_id:
            return Rank.OWNER
        may = [role.permissions for role in guild.roles if role.id in role_ids]
        if any(one.administrator for one in may):
            return Rank.ADMINISTRATOR
        is_staff = any(one.manage_guild or one.moderate_members for one in may)
        return Rank.MODERATOR if is_staff else Rank.MEMBER

    async def allows_nsfw(self, channel_id: int) -> bool:
        """Whether a place is age-restricted, as far as the gateway told or Discord tells now."""
        client = self._connected()
        try:
            with translated():
                channel = client.get_channel(channel_id) or await client.fetch_channel(channel_id)
                if isinstance(channel, discord.Thread) and channel.parent is None:
                    # Its channel is not in memory either.
                    return await self.allows_nsfw(channel.parent_id)
        except Gone:
            return False
        return bool(getattr(channel, "is_nsfw", lambda: False)())

    def _message(self, place: Place) -> discord.PartialMessage:
        channel = self._connected().get_partial_messageable(place.channel_id)
        return channel.get_partial_message(place.message_id)

    def _connected(self) -> discord.Client:
        if self._client is None or self._client.is_closed():
            raise NotNow("not connected to Discord")
        return self._client
