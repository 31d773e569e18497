"""LoRAs that others have published: CivitAI's website, as the services may ask it."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

import httpx

from bot.config import Settings
from bot.providers._civitai_site import AUTOCOMPLETE_S, FoundResource, Site
from bot.providers.civitai import KEY_ENV

__all__ = ["AUTOCOMPLETE_S", "PREVIEW_S", "FoundResource", "LoraSite", "open_site"]

PREVIEW_LIMIT_BYTES = 2 * 1024 * 1024
PREVIEW_S = 5.0


class LoraSite(Site):
    """The website, with the pictures that it shows of a LoRA."""

    async def preview(self, found: FoundResource, *, patience_s: float = PREVIEW_S) -> bytes | None:
        """Return a safe picture of it as a file of at most 2 MiB; None when there is none to have.

        The key stays behind: pictures lie on other hosts.
        """
        url = found.preview_url
        if url is None or not url.startswith(self._addresses):
            return None
        try:
            async with asyncio.timeout(patience_s):
                return await self._download(url)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
            return None

    async def _download(self, url: str) -> bytes | None:
        # Packed bytes would have to be unpacked before anybody knows how many they are.
        headers = {"Accept-Encoding": "identity"}
        data = bytearray()
        async with self._http.stream("GET", url, headers=headers, follow_redirects=False) as answer:
            if answer.status_code != HTTPStatus.OK:
                return None
            async for part in answer.aiter_raw():
                data += part
                if len(data) > PREVIEW_LIMIT_BYTES:
                    return None
        return bytes(data)


def open_site(
    settings: Settings, http: httpx.AsyncClient, secret: Callable[[str], str | None]
) -> LoraSite:
    """Return the website's client; it is public, so a key is taken along but not needed."""
    return LoraSite(http, settings.civitai_base_url, secret(KEY_ENV))
