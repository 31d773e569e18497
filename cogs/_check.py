"""`main.py check`: a verdict and, where needed, a fix for each thing a start needs."""

import aiohttp
import discord
import typer

from bot.checks import CHECKS, Check
from bot.config import Settings, StartError
from cogs._client import PERMISSIONS
from cogs._library import prepare_library
from cogs._supervisor import LOGIN_MISSING, LOGIN_REFUSED


async def check_all(settings: Settings) -> bool:
    """Run every check and print a line for each; True when all is well."""
    checks = {**CHECKS, "token": _token}
    verdicts = [await _verdict(name, check, settings) for name, check in checks.items()]
    return all(verdicts)


async def _verdict(name: str, check: Check, settings: Settings) -> bool:
    try:
        found = await check(settings)
    except StartError as error:
        typer.echo(f"✗ {name}: {error}")
        return False
    typer.echo(f"✓ {name}: {found}")
    return True


async def _token(settings: Settings) -> str:
    token = settings.discord_token.get_secret_value()
    if not token:
        raise StartError(LOGIN_MISSING)
    prepare_library(settings)
    try:
        async with discord.Client(intents=discord.Intents(guilds=True)) as client:
            await client.login(token)
            link = discord.utils.oauth_url(client.application_id or 0, permissions=PERMISSIONS)
            return f"Discord knows it as {client.user}; invite it with {link}"
    except discord.LoginFailure:
        raise StartError(LOGIN_REFUSED) from None
    except (aiohttp.ClientError, OSError) as error:
        raise StartError(f"Discord cannot be reached: {error}") from None
