"""REST v10 of a world: the routes an application uses, judged by Discord's rules."""

from aiohttp import web

from bot.sandbox.rest import _application, _commands, _interactions, _messages, _places
from bot.sandbox.rest._call import WORLD
from bot.sandbox.rest._pipeline import PREFIX, mount

__all__ = ["PREFIX", "WORLD", "add_rest"]


def add_rest(app: web.Application) -> None:
    """Mount every route below `PREFIX`; the world is looked up in `app[WORLD]`."""
    mount(
        app,
        (
            *_application.ENDPOINTS,
            *_places.ENDPOINTS,
            *_commands.ENDPOINTS,
            *_interactions.ENDPOINTS,
            *_messages.ENDPOINTS,
        ),
    )
