"""What every service stands on, put together once by the composition root."""

from dataclasses import dataclass

from bot.catalog import Catalog
from bot.config import Settings
from bot.db import Clock, Database
from bot.media import Media
from bot.routing import Routing


@dataclass(frozen=True)
class Resources:
    """The process's database, settings, catalog, providers, pictures and clock."""

    db: Database
    settings: Settings
    catalog: Catalog
    routing: Routing
    media: Media
    clock: Clock
