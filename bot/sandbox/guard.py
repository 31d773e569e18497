"""Who may ask the sandbox for anything, and what every answer carries.

Any page in the same browser can reach 127.0.0.1. So every request must name this server in its
Host header (a foreign name that was pointed at the loopback does not), none may come from another
origin, and what shows or changes the world asks for the token of this run, which only the page
itself carries.
"""

import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

TOKEN_HEADER = "X-Sandbox-Token"  # noqa: S105 - the header's name
_HTTP_PORT = 80
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self'; connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_OTHER_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What a browser may open by itself. SVG is missing on purpose: it is a page with scripts.
_SHOWN = ("image/png", "image/jpeg", "image/webp", "image/gif", "video/", "audio/")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def own_requests_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through what this server's own page, its address bar or the bot asks."""
    hosts = request.headers.getall("Host", [])
    if len(hosts) != 1 or hosts[0].lower() not in _own_hosts(request):
        raise web.HTTPForbidden(text="This is not the address of this server.")
    origins = request.headers.getall("Origin", [])
    if any(origin != f"http://{hosts[0].lower()}" for origin in origins):
        raise web.HTTPForbidden(text="Another site may not ask this.")
    if not origins and _must_name_origin(request):
        raise web.HTTPForbidden(text="Only the page itself may ask this.")
    return await handler(request)


async def harden(request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on every answer, refusals too."""
    headers = response.headers
    headers.update(_ALWAYS)
    if is_page(request.path):
        host = request.host if request.host in _own_hosts(request) else "127.0.0.1"
        headers["Content-Security-Policy"] = _PAGE_POLICY.format(host=host)
        headers.setdefault("Cache-Control", "no-store")
    else:
        headers.setdefault("Content-Security-Policy", _OTHER_POLICY)
    if not response.content_type.startswith(_SHOWN) and "Content-Disposition" in headers:
        shown_as = headers["Content-Disposition"]
        headers["Content-Disposition"] = shown_as.replace("inline", "attachment", 1)


def is_page(path: str) -> bool:
    """Tell whether a path is the page's, not the bot's."""
    return path == "/" or path.startswith("/page/")


def check_token(given: str, expected: str) -> None:
    """Refuse what does not come from a page of this run.

    Raises:
        HTTPForbidden: the token is another.
    """
    if not secrets.compare_digest(given.encode(), expected.encode()):
        raise web.HTTPForbidden(text="Reload the page: it belongs to an earlier run.")


def _must_name_origin(request: web.Request) -> bool:
    """Tell whether every browser sends an Origin with such a request."""
    is_read = request.method in {"GET", "HEAD"} and "Upgrade" not in request.headers
    return is_page(request.path) and not is_read


def _own_hosts(request: web.Request) -> set[str]:
    assert request.transport is not None, "a request without a connection"
    port = request.transport.get_extra_info("sockname")[1]
    names = {"127.0.0.1", "localhost"}
    bare = names if port == _HTTP_PORT else set[str]()
    return bare | {f"{name}:{port}" for name in names}
