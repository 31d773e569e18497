"""Asking the owner's ComfyUI over HTTP: where it is, what it says, and the order itself."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from bot.errors import BadKey, ProviderDown, ProviderError, ProviderLost
from bot.providers._comfy_failures import json_of, refusal_in
from bot.providers._http import post_once

_EXAMPLE = "http://192.168.1.5:8188"
_ABOUT_THE_WORKFLOW = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
_OLDER = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}


def _base_in(address: str) -> httpx.URL | None:
    """Return the address that every path is appended to; None when it is malformed.

    A name and a password in it are refused too: every log line with an address would show them.
    """
    try:
        url = httpx.URL(address.strip())
    except httpx.InvalidURL:
        return None
    if url.scheme not in {"http", "https"} or not url.host:
        return None
    if url.userinfo or url.query or url.fragment:
        return None
    return url.copy_with(path=url.path.rstrip("/"))


class Server:
    """One ComfyUI. It asks for no key, and gets no Origin, which it would check."""

    def __init__(self, http: httpx.AsyncClient, address: str) -> None:
        self._http = http
        self._base = _base_in(address)

    def url(self, path: str, **query: str) -> str:
        """Return an address at the server.

        Raises:
            BadKey: its own address is malformed.
        """
        if self._base is None:
            raise BadKey(f"COMFYUI_URL is no plain address like {_EXAMPLE}")
        path = f"{self._base.path.rstrip('/')}{path}"
        return str(self._base.copy_with(path=path, params=query or None))

    @property
    def socket_url(self) -> str:
        """The address of its WebSocket."""
        return self.url("/ws").replace("http", "ws", 1)

    async def read(self, path: str, **query: str) -> Mapping[str, Any]:
        """Ask for a JSON object.

        Raises:
            ProviderLost: there is no such answer just now.
        """
        response = await self._ask("GET", path, params=query)
        if not response.is_success:
            raise ProviderLost(f"ComfyUI answers {response.status_code}")
        payload = json_of(response)
        if payload is None:
            raise ProviderLost("something else than ComfyUI answers")
        return payload

    async def tell(self, path: str, body: Mapping[str, Any]) -> bool:
        """Ask for something to be done; return whether the server knows how to.

        Raises:
            ProviderLost: it is not known whether it was done.
        """
        response = await self._ask("POST", path, json=dict(body))
        if response.status_code in _OLDER:
            return False
        if not response.is_success:
            raise ProviderLost(f"ComfyUI answers {response.status_code}")
        return True

    async def put_picture(self, name: str, data: bytes, mime: str) -> str:
        """Put a picture among the inputs; return the name that a workflow finds it by.

        The server may choose another name than the given one, so its answer counts.

        Raises:
            ProviderDown: it is not there.
        """
        url, form = self.url("/upload/image"), {"subfolder": "atelier", "type": "input"}
        try:
            response = await self._http.post(
                url,
                data={**form, "overwrite": "true"},
                files={"image": (name, data, mime)},
                follow_redirects=False,
            )
        except httpx.HTTPError as error:
            failure = ProviderDown(f"the picture could not be uploaded ({type(error).__name__})")
        else:
            answer = json_of(response) if response.is_success else None
            given, folder = map((answer or {}).get, ("name", "subfolder"))
            if isinstance(given, str) and given:
                return f"{folder}/{given}" if isinstance(folder, str) and folder else given
            failure = ProviderDown(f"the picture was not taken (answered {response.status_code})")
        raise failure

    async def order(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send the request that starts a run, once; `post_once` lists the errors.

        Raises:
            EndpointGone: also where a node or a model's file is missing; surely not accepted.
        """
        try:
            return await post_once(self._http, self.url("/prompt"), body, refusal=_refusal_in)
        except BadKey:
            failure = BadKey("something in front of ComfyUI lets nobody in")
        # Raised out here because the words of the first error are whatever the server said.
        raise failure

    async def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own arguments
        if self._base is None:
            raise ProviderLost("COMFYUI_URL is malformed")
        try:
            return await self._http.request(
                method, self.url(path), follow_redirects=False, **content
            )
        except httpx.HTTPError as error:
            failure = ProviderLost(f"ComfyUI could not be reached ({type(error).__name__})")
        raise failure


def _refusal_in(answer: httpx.Response) -> ProviderError | None:
    """Name the refusal of a workflow: what is wrong is said in the errors of its nodes."""
    is_about_it = answer.status_code in _ABOUT_THE_WORKFLOW
    return refusal_in(json_of(answer) or {}) if is_about_it else None
