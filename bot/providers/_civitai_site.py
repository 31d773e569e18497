"""CivitAI's website: looking for LoRAs and checkpoints that orders may name.

Answers are kept for five minutes, as CivitAI itself does. The key goes to the site's own host
only: pages are asked for by their cursor, never by the address that an answer names.
"""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

import httpx

from bot.errors import BadKey, ProviderBusy, ProviderDown, ProviderError, ProviderRejected
from bot.providers._civitai_resources import FoundResource, found_in, resource_in
from bot.providers._civitai_wire import object_in, objects_in
from bot.providers._http import refusal_of

__all__ = ["FoundResource", "Site"]

AUTOCOMPLETE_S = 2.0
"""Discord gives three seconds for suggestions, the way there and back included."""

KEPT_S = 300.0
MOST_KEPT = 256
LIMIT_BYTES = 16 * 1024 * 1024
_MOST_PAGES = 3
_MOST_PER_PAGE = 100
_FEWEST_PER_PAGE = 20
_LORAS = ("LORA", "LoCon", "DoRA")
_CHECKPOINTS = ("Checkpoint",)

Question = tuple[tuple[str, str], ...]


class Site:
    """The website's REST API. Source: developer.civitai.com, site API version 1, 2026-08."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_url: str,
        key: str | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._url = f"{base_url.rstrip('/')}/api/v1"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        is_http_fine = base_url.startswith("http://")
        self._addresses = ("https://", "http://") if is_http_fine else ("https://",)
        self._clock = clock
        self._kept: OrderedDict[object, tuple[float, list[FoundResource]]] = OrderedDict()

    async def search_loras(
        self,
        words: str,
        *,
        base_models: Sequence[str],
        limit: int,
        is_nsfw_fine: bool,
        patience_s: float = AUTOCOMPLETE_S,
    ) -> list[FoundResource]:
        """Return LoRAs that orders may name and that fit one of the base models, by their names.

        Raises:
            ProviderBusy, ProviderDown, BadKey: CivitAI did not say, or not in time.
        """
        question = _question(_LORAS, words, base_models, limit, is_nsfw_fine=is_nsfw_fine)
        return await self._found(question, limit, patience_s)

    async def search_checkpoints(
        self,
        words: str,
        *,
        base_models: Sequence[str],
        limit: int,
        is_nsfw_fine: bool,
        patience_s: float = AUTOCOMPLETE_S,
    ) -> list[FoundResource]:
        """Return checkpoints as `search_loras` does LoRAs; none of base models when none is given.

        Raises:
            ProviderBusy, ProviderDown, BadKey: CivitAI did not say, or not in time.
        """
        question = _question(_CHECKPOINTS, words, base_models, limit, is_nsfw_fine=is_nsfw_fine)
        return await self._found(question, limit, patience_s)

    async def resource(
        self, version_id: int, *, patience_s: float = AUTOCOMPLETE_S
    ) -> FoundResource:
        """Return one version by its number, with the AIR that CivitAI itself gives it.

        Raises:
            ProviderRejected: there is no such version, or none that orders could name.
            ProviderBusy, ProviderDown, BadKey: CivitAI did not say, or not in time.
        """
        known = self._recall(version_id)
        if known is None:
            version = await self._ask(f"model-versions/{version_id:d}", (), patience_s)
            model = {"id": version.get("modelId"), **object_in(version.get("model"))}
            found = resource_in(model, version, addresses=self._addresses)
            known = self._remember(version_id, [found] if found else [])
        if not known:
            raise ProviderRejected("CivitAI's version has no name for orders")
        return known[0]

    async def _found(
        self, question: Question, limit: int, patience_s: float
    ) -> list[FoundResource]:
        known = self._recall((question, limit))
        if known is None:
            found = await self._pages(question, limit, patience_s)
            known = self._remember((question, limit), found)
        return list(known)

    async def _pages(
        self, question: Question, limit: int, patience_s: float
    ) -> list[FoundResource]:
        """Read on until there are enough, since of a page perhaps nothing fits."""
        deadline = self._now() + patience_s
        wanted = dict(question)
        base_models = [value for name, value in question if name == "baseModels"]
        found: list[FoundResource] = []
        asked: set[str] = set()
        page = await self._ask("models", question, patience_s)
        while True:
            for item in objects_in(page.get("items")):
                found += found_in(
                    item,
                    base_models=base_models,
                    is_nsfw_fine=wanted["nsfw"] == "true",
                    addresses=self._addresses,
                )
            cursor = object_in(page.get("metadata")).get("nextCursor")
            is_last = cursor is None or str(cursor) in asked or len(asked) + 1 == _MOST_PAGES
            if len(found) >= limit or is_last:
                return found[:limit]
            asked.add(str(cursor))
            try:
                more = (*question, ("cursor", str(cursor)))
                page = await self._ask("models", more, deadline - self._now())
            except ProviderError:
                # What is there is better than nothing; it was the time or the search's load.
                return found[:limit]

    async def _ask(self, path: str, question: Question, patience_s: float) -> Mapping[str, Any]:
        """Ask for a JSON object, with the key where there is one."""
        try:
            async with asyncio.timeout(patience_s):
                return await self._read(path, question)
        except TimeoutError:
            failure = ProviderDown("CivitAI did not answer in time")
        except (UnicodeEncodeError, httpx.LocalProtocolError):
            failure = BadKey("the key holds characters that no header can carry")
        except httpx.HTTPError as error:
            failure = ProviderDown(f"CivitAI could not be reached ({type(error).__name__})")
        except httpx.InvalidURL:
            failure = ProviderDown("CivitAI's address is malformed")
        # Raised out here because httpx's errors hold the request, and the request holds the key.
        raise failure

    async def _read(self, path: str, question: Question) -> Mapping[str, Any]:
        url = f"{self._url}/{path}"
        request = self._http.build_request("GET", url, params=question, headers=self._headers)
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > LIMIT_BYTES:
                    raise ProviderDown("CivitAI answered with too much")
        finally:
            await response.aclose()
        whole = httpx.Response(
            response.status_code, headers=_plain(response), content=bytes(body), request=request
        )
        if not whole.is_success:
            raise _refusal_in(whole)
        return _object_in(whole)

    def _recall(self, question: object) -> list[FoundResource] | None:
        kept = self._kept.get(question)
        if kept is None or self._clock() - kept[0] >= KEPT_S:
            return None
        return kept[1]

    def _remember(self, question: object, found: list[FoundResource]) -> list[FoundResource]:
        self._kept[question] = (self._clock(), found)
        self._kept.move_to_end(question)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _question(
    types: Sequence[str],
    words: str,
    base_models: Sequence[str],
    limit: int,
    *,
    is_nsfw_fine: bool,
) -> Question:
    """Return the search's parameters. Never `page`, which text search refuses."""
    size = min(_MOST_PER_PAGE, max(limit, _FEWEST_PER_PAGE))
    words = " ".join(words.split())
    return (
        *((("query", words),) if words else (("sort", "Most Downloaded"),)),
        *(("types", one) for one in types),
        *(("baseModels", one) for one in base_models),
        ("supportsGeneration", "true"),
        ("nsfw", "true" if is_nsfw_fine else "false"),
        ("limit", str(size)),
    )


def _plain(response: httpx.Response) -> dict[str, str]:
    """Return the header that a refusal is read by; the body has been decoded by now."""
    pause = response.headers.get("Retry-After")
    return {} if pause is None else {"Retry-After": pause}


def _refusal_in(response: httpx.Response) -> ProviderError:
    if response.status_code == HTTPStatus.NOT_FOUND:
        return ProviderRejected("CivitAI has no such version")
    refusal = refusal_of(response)
    if isinstance(refusal, ProviderBusy) and "too many pages" in str(refusal):
        # Said with a 429, but waiting would not help.
        return ProviderDown(str(refusal))
    return refusal


def _object_in(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ProviderDown("CivitAI answered with no JSON object")
    return cast("dict[str, Any]", body)
