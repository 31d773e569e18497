"""Preparing: the pictures that a job starts from, made ready and brought to a provider."""

import asyncio

import structlog

from bot.catalog import Offer
from bot.jobs import Job
from bot.media import Framed
from bot.providers import Provider
from bot.services.delivery import NotNow
from bot.services.gallery import Gallery
from bot.services.resources import Resources

log = structlog.get_logger()

RETRY_EVERY_S = 2.0


class Preparing:
    """Frames, shrinks and uploads; nothing here costs money, and all of it may be repeated."""

    def __init__(self, resources: Resources, gallery: Gallery) -> None:
        self._media = resources.media
        self._gallery = gallery

    async def pictures_for(self, job: Job, offer: Offer, provider: Provider) -> dict[str, object]:
        """Return what stands for a job's `image`, `mask` and `images` at a provider.

        Raises:
            FileNotFoundError, BadPicture: a picture is not kept any more.
            ProviderBusy, ProviderDown, OutOfFunds, BadKey: it could not be brought there.
        """
        brought: dict[str, object] = {
            name: await self._bring(await self._shrunk(data, offer), provider)
            for name, data in (await self._read(job)).items()
        }
        blended = [await self._find(image["sha256"]) for image in job.inputs.get("images", ())]
        if blended:
            shrunk = [await self._shrunk(data, offer) for data in blended]
            brought["images"] = [await self._bring(data, provider) for data in shrunk]
        return brought

    async def _read(self, job: Job) -> dict[str, bytes]:
        found = {
            name: await self._find(job.inputs[name]["sha256"])
            for name in ("image", "mask")
            if name in job.inputs
        }
        if "frame" in job.inputs:
            framed: Framed = await self._media.frame(found["image"], job.inputs["frame"])
            found |= {"image": framed.image, "mask": framed.mask}
        return found

    async def _find(self, sha256: str) -> bytes:
        """Read a picture, however long Discord takes to be there."""
        while True:
            try:
                return await self._gallery.read(sha256)
            except NotNow as error:
                log.info("input picture put off", reason=str(error))
                await asyncio.sleep(RETRY_EVERY_S)

    async def _shrunk(self, data: bytes, offer: Offer) -> bytes:
        return await self._media.shrink(data, offer.max_pixels) if offer.max_pixels else data

    async def _bring(self, data: bytes, provider: Provider) -> object:
        kept = await self._media.store(data)
        return await provider.upload(kept.sha256)
