"""Parcels: a job's pictures as files that fit where they go, and may be seen there."""

from dataclasses import dataclass

import structlog

from bot.errors import BadPicture, PictureTooLarge
from bot.jobs import Picture
from bot.services.delivery import PictureFile
from bot.services.gallery import Gallery
from bot.services.resources import Resources
from bot.services.views import JobView

log = structlog.get_logger()

REQUEST_LIMIT_BYTES = 24 * 1024 * 1024
"""What one message may carry, all files together, with room for the words (Discord: 25 MiB)."""

DESCRIBED_PIXELS = 250_000
"""How large the picture is that stands beside its description."""

_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
}


@dataclass(frozen=True)
class Parcel:
    """What can be sent; `too_large` is a file that must not be rewritten and does not fit."""

    files: list[PictureFile]
    too_large: PictureTooLarge | None = None


class Parcels:
    """Packs what a job gave."""

    def __init__(self, resources: Resources, gallery: Gallery) -> None:
        self._media = resources.media
        self._gallery = gallery

    async def pack(self, view: JobView, limit_bytes: int, *, allows_nsfw: bool) -> Parcel:
        """Return a job's pictures, of words what they describe; those for adults only if allowed.

        Raises:
            NotNow: Discord, where they lie, could not be reached.
        """
        if view.answer is not None:
            is_seen = allows_nsfw or not view.describes_adults
            return Parcel(await self._described(view) if is_seen else [])
        pictures = [one for one in view.pictures if allows_nsfw or one.number not in view.adults]
        if pictures:
            limit_bytes = min(limit_bytes, REQUEST_LIMIT_BYTES // len(pictures))
        files: list[PictureFile] = []
        too_large: PictureTooLarge | None = None
        for picture in pictures:
            try:
                files.append(await self._file(view, picture, limit_bytes))
            except PictureTooLarge as error:
                log.info("picture does not fit", job_id=view.id, reason=str(error))
                too_large = error
            except (BadPicture, FileNotFoundError) as error:
                log.warning("picture cannot be sent", job_id=view.id, reason=str(error))
        return Parcel(files, too_large)

    async def _file(self, view: JobView, picture: Picture, limit_bytes: int) -> PictureFile:
        data = await self._media.fit(await self._gallery.read(picture.sha256), limit_bytes)
        extension = _EXTENSIONS[self._media.mime_of(data)]
        return PictureFile(
            number=picture.number,
            name=f"job-{view.id}-{picture.number}.{extension}",
            data=data,
            is_for_adults=picture.number in view.adults,
        )

    async def _described(self, view: JobView) -> list[PictureFile]:
        """Return a small copy of the picture that words are about, if there is one (still)."""
        if view.described is None:
            return []
        try:
            data = await self._gallery.read(view.described)
            data = await self._media.shrink(data, DESCRIBED_PIXELS)
        except (BadPicture, FileNotFoundError) as error:
            log.info("described picture is gone", job_id=view.id, reason=str(error))
            return []
        extension = _EXTENSIONS[self._media.mime_of(data)]
        name = f"described-{view.id}.{extension}"
        return [PictureFile(number=0, name=name, data=data, is_for_adults=view.describes_adults)]
