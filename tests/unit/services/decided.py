"""What a server's staff decided before a test begins."""

from bot import ledger
from bot.db.tables import accounts
from tests.unit.services.studio import SERVER


async def decide(studio, **changes):
    """Change the server's settings."""
    servers = studio.services.servers
    async with studio.db.write() as conn:
        await servers.write(conn, SERVER, changes)
    await servers.refresh()


async def freeze(studio, user_id):
    """Freeze somebody's account, opened where it is new."""
    await studio.services.credits.balance(server_id=SERVER, user_id=user_id)
    async with studio.db.write() as conn:
        account_id = await ledger.find_account(conn, server_id=SERVER, user_id=user_id)
        mine = accounts.c.id == account_id
        await conn.execute(accounts.update().where(mine).values(is_frozen=True))
