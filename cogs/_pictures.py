"""Pictures that people attach: looked at privately before anything is promised."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot.errors import BadPicture
from bot.services import Accepted, ImageWish, Source
from cogs import _texts as texts
from cogs._answers import answer_later, note, origin_of

if TYPE_CHECKING:
    from cogs._client import ImageBot

MAX_BYTES = 30 * 1024 * 1024
DOWNLOAD_TIMEOUT_S = 60.0
USUAL_SIDE = 1024


def expected(attachment: discord.Attachment) -> Source:
    """Return an attachment as a source that was not looked at, for its size alone.

    Raises:
        BadPicture: Discord found no picture in it.
    """
    if not (attachment.width and attachment.height):
        raise BadPicture("it is not a picture")
    return Source("", attachment.width, attachment.height)


async def answer_from_pictures(
    interaction: "discord.Interaction[ImageBot]",
    wish: ImageWish,
    request: Callable[..., Awaitable[Accepted]],
    image: discord.Attachment,
    mask: discord.Attachment | None = None,
) -> None:
    """Download and check pictures, ask with what was kept of them, and answer with the job.

    That takes longer than a first answer may, and a refusal must be private: so the first answer
    is a private word, and the card follows it.
    """
    await interaction.response.send_message(view=note(texts.CHECKING_PICTURE), ephemeral=True)
    services = interaction.client.services
    making = services.making

    async def accept() -> Accepted:
        promised = replace(wish, image=_promised(image), mask=mask and _promised(mask))
        await services.wishing.rehearse(origin_of(interaction), promised)
        source = await making.take_picture(await _download(image))
        if mask is None:
            return await request(source)
        return await request(source, await making.take_mask(await _download(mask), source))

    await answer_later(interaction, accept())


def _promised(attachment: discord.Attachment) -> Source:
    """Return an attachment as a source of a usual size where Discord could not tell: we look."""
    return Source("", attachment.width or USUAL_SIDE, attachment.height or USUAL_SIDE)


async def _download(attachment: discord.Attachment) -> bytes:
    """Return the bytes of an attachment.

    Raises:
        BadPicture: it is too large, or Discord does not hand it over.
    """
    if attachment.size > MAX_BYTES:
        raise BadPicture(f"more than {MAX_BYTES >> 20} MB")
    try:
        async with asyncio.timeout(DOWNLOAD_TIMEOUT_S):
            return await attachment.read()
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        raise BadPicture("Discord did not hand it over; attach it once more") from error
