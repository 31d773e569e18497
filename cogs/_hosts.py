"""Who hosts the bot: whom alerts go to, and who may do what costs the host's money."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import discord

if TYPE_CHECKING:
    from cogs._client import ImageBot


def hosts_of(client: discord.Client, owner_ids: Collection[int]) -> Collection[int]:
    """Return those the settings name, else the application's owner or its team.

    Who was invited to the team and has not come, or may only look, hosts nothing.
    """
    application = client.application
    if owner_ids or application is None:
        return owner_ids
    if application.team is None:
        return [application.owner.id]
    return [
        member.id
        for member in application.team.members
        if member.membership_state is discord.TeamMembershipState.accepted
        and member.role is not discord.TeamMemberRole.read_only
    ]


def is_host(interaction: "discord.Interaction[ImageBot]") -> bool:
    """Whether whoever hosts the bot is asking."""
    client = interaction.client
    return interaction.user.id in hosts_of(client, client.owner_ids or ())
