"""Members: the roles of somebody who did not ask, and so has to be asked for."""

from bot.errors import DiscordSilent, NotAMember
from bot.services.delivery import NotNow, Undeliverable
from bot.services.outside import Outside


async def member_roles(outside: Outside, server_id: int, user_id: int) -> frozenset[int]:
    """Return the roles of a member.

    Raises:
        NotAMember: they are none (any more), or we are none.
        DiscordSilent: nobody can tell just now.
    """
    try:
        roles = await outside.roles_of(server_id, user_id)
    except NotNow as error:
        raise DiscordSilent from error
    except Undeliverable as error:
        raise NotAMember from error
    if roles is None:
        raise NotAMember
    return roles
