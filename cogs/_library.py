"""Which Discord we talk to: the real one, or the one that the settings name."""

from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.voice_client import VoiceClient
from yarl import URL

from bot.config import Settings


def prepare_library(settings: Settings) -> None:
    """Set the library up, once per process, before any client is made.

    Its addresses are attributes of its own, for the whole process; without settings they stay.
    """
    # We never speak, so the library need not warn that it cannot.
    VoiceClient.warn_nacl = VoiceClient.warn_dave = False
    if settings.discord_api_base:
        Route.BASE = settings.discord_api_base
    if settings.discord_gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(settings.discord_gateway_url)
    if settings.discord_cdn_base:
        # Typed as the one real host, and read as a variable.
        Asset.BASE = settings.discord_cdn_base  # pyright: ignore[reportAttributeAccessIssue]
