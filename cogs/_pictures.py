"""Pictures that people attach: looked at privately before anything is promised."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot.errors import BadPicture
from bot.services import Accepted, ImageWish, Making, Source
from cogs import _texts as texts
from cogs._answers import answer_later, note, origin_of

if TYPE_CHECKING:
    from cogs._client import ImageBot

MAX_BYTES = 30 * 1024 * 1024
DOWNLOAD_TIMEOUT_S = 60.0
USUAL_SIDE = 1024

Request = Callable[[ImageWish], Awaitable[Accepted]]


@dataclass(frozen=True)
class Attached:
    """What came with a command: a picture and perhaps its mask, or several to bring together."""

    image: discord.Attachment | None = None
    mask: discord.Attachment | None = None
    images: tuple[discord.Attachment, ...] = ()

    def promised(self, wish: ImageWish) -> ImageWish:
        """Return a wish with pictures of the sizes that Discord tells, or of a usual one."""
        return replace(
            wish,
            image=self.image and _promised(self.image),
            mask=self.mask and _promised(self.mask),
            images=tuple(_promised(image) for image in self.images),
        )

    async def kept(self, wish: ImageWish, making: Making) -> ImageWish:
        """Return a wish with the pictures themselves, downloaded, checked and kept.

        Raises:
            BadPicture: one of them is of no use.
        """
        # One after the other: together they may be larger than the memory of a small machine.
        image = await making.take_picture(await _download(self.image)) if self.image else None
        mask = None
        if self.mask and image:
            mask = await making.take_mask(await _download(self.mask), image)
        images = [await making.take_picture(await _download(one)) for one in self.images]
        return replace(wish, image=image, mask=mask, images=tuple(images))


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
    attached: Attached,
    request: Request,
) -> None:
    """Download and check pictures, ask with what was kept of them, and answer with the job.

    That takes longer than a first answer may, and a refusal must be private: so the first answer
    is a private word, and the card follows it.
    """
    checking = texts.CHECKING_PICTURES if attached.images else texts.CHECKING_PICTURE
    await interaction.response.send_message(view=note(checking), ephemeral=True)
    services = interaction.client.services

    async def accept() -> Accepted:
        await services.wishing.rehearse(origin_of(interaction), attached.promised(wish))
        return await request(await attached.kept(wish, services.making))

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
