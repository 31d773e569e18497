"""The gallery: every picture that we keep, or that one of our messages still shows."""

from contextlib import suppress

from bot import jobs
from bot.errors import BadPicture
from bot.services.delivery import Delivery, NotNow, Undeliverable
from bot.services.resources import Resources


class Gallery:
    """Finds the bytes of a picture by its hash."""

    def __init__(self, resources: Resources, delivery: Delivery) -> None:
        self._db = resources.db
        self._media = resources.media
        self._delivery = delivery

    async def read(self, sha256: str) -> bytes:
        """Return a picture from the store, or from a message that still shows it.

        Raises:
            FileNotFoundError: it is nowhere any more.
            NotNow: Discord could not be reached, where it may be.
        """
        with suppress(FileNotFoundError):
            return await self._media.read(sha256)
        async with self._db.read() as conn:
            places = await jobs.posted(conn, sha256)
        unreached: NotNow | None = None
        for place in places:
            try:
                data = await self._delivery.reread(place)
                await self._media.store(data)
            except NotNow as error:
                unreached = error
            except (Undeliverable, BadPicture):
                continue
            else:
                return data
        raise unreached or FileNotFoundError(f"no picture {sha256}")
