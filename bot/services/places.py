"""Places: what a server's staff decided for where somebody is just now, as Discord told of it."""

from bot.policy import ServerSettings
from bot.services.requests import Origin


def allows_here(settings: ServerSettings, origin: Origin) -> bool:
    """Whether pictures for adults may appear there."""
    return settings.nsfw != "never" and origin.is_nsfw_place


def is_spoiler_here(settings: ServerSettings, origin: Origin) -> bool:
    """Whether what somebody makes there is to be hidden until it is clicked."""
    places = {origin.channel_id, origin.parent_channel_id}
    has_role = not set(settings.spoiler_roles).isdisjoint(origin.role_ids)
    return has_role or not places.isdisjoint(settings.spoiler_channels)
