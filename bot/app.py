"""The composition root: builds the product from its settings, starts it, and stops it."""

import csv
import fcntl
import uuid
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import astuple, dataclass, fields
from typing import TextIO

import httpx
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import catalog, config, ledger, providers
from bot.config import Settings, StartError
from bot.db import Clock, Database, utc_now
from bot.health import Health
from bot.ledger import Line
from bot.loras import LoraSite, open_site
from bot.media import Media
from bot.routing import Routing
from bot.services import (
    Accounts,
    Audit,
    Credits,
    Delivery,
    Dispatch,
    Favourites,
    History,
    LoraShelf,
    Making,
    Notes,
    Outside,
    Preferring,
    Presets,
    Privacy,
    Retention,
    Servers,
    Services,
    Showroom,
    StaffLog,
    Supply,
    Wishing,
    Work,
)
from bot.services.alerts import Alerts
from bot.services.buying import Buying
from bot.services.engine import Engine
from bot.services.following import Following
from bot.services.gallery import Gallery
from bot.services.gates import Gate
from bot.services.handing import Handing
from bot.services.preparing import Preparing
from bot.services.quoting import Quoting
from bot.services.render import Renderer
from bot.services.resources import Resources
from bot.services.views import Views

log = structlog.get_logger()

# Shorter than a stop waits for paid requests on their way (`buying.SETTLE_DOWN_S`).
REQUEST_TIMEOUT_S = 15.0
# Runs that are followed keep one each; paid requests must never wait behind them.
MAX_CONNECTIONS = 200

_NO_LEDGER = "{}: there is no ledger yet"


@dataclass(frozen=True)
class App:
    """A product that is put together; `start` sets it to work."""

    services: Services

    async def start(self) -> None:
        """Begin to work on jobs, those of an earlier process first."""
        # Before any job, so that none is bought from a provider that the host has disabled.
        await self.services.supply.start()
        await self.services.servers.start()
        self.services.staff.start()
        await self.services.dispatch.start()
        self.services.retention.start()
        self.services.audit.start()

    async def stop(self) -> None:
        """Take no new work, then leave the running jobs where the next process finds them."""
        self.services.making.close()
        self.services.retention.stop()
        await self.services.staff.stop()
        await self.services.audit.stop()
        self.services.supply.stop()
        self.services.servers.stop()
        await self.services.dispatch.stop()


@asynccontextmanager
async def open_app(
    settings: Settings, delivery: Delivery, outside: Outside, *, clock: Clock = utc_now
) -> AsyncGenerator[App]:
    """Open database, media and providers, and put the services together.

    Raises:
        StartError: a folder, the database or a catalog file is unusable, or another process
            has this SQLite database.
    """
    prepare_data_dir(settings)
    with _sole_process(settings):
        db = Database(settings.async_database_url)
        async with open_http() as http:
            try:
                await db.check()
                await db.migrate()
                media = Media(settings.data_dir / "media")
                connected = providers.connect_all(
                    settings,
                    http,
                    secret=config.secret,
                    read_picture=media.read,
                    keep_bytes=media.keep,
                )
                absent = sorted({one.name for one in providers.find_all()} - connected.keys())
                log.info("providers", ready=sorted(connected), without_key=absent)
                resources = Resources(
                    db=db,
                    settings=settings,
                    catalog=catalog.load(),
                    routing=Routing(connected, Health()),
                    media=media,
                    clock=clock,
                )
                site = open_site(settings, http, config.secret)
                yield App(services=build_services(resources, delivery, outside, site))
            finally:
                await db.close()


def open_http() -> httpx.AsyncClient:
    """Return the client that every provider shares."""
    return httpx.AsyncClient(
        timeout=REQUEST_TIMEOUT_S,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
    )


def build_services(
    resources: Resources,
    delivery: Delivery,
    outside: Outside,
    lora_site: LoraSite | None = None,
) -> Services:
    """Wire the services to each other; without a site there are no LoRAs to look through."""
    # Unique for each start: a new process must never take itself for a dead one.
    process_id = uuid.uuid4().hex
    accounts = Accounts(resources)
    servers = Servers(resources)
    staff = StaffLog(resources, servers=servers, outside=outside)
    notes = Notes(resources)
    alerts = Alerts(resources, notes=notes, delivery=delivery)
    gallery = Gallery(resources, delivery)
    quoting = Quoting(resources.catalog, resources.routing)
    views = Views(resources.catalog, quoting)
    following = Following(resources, views=views, delivery=delivery)
    handing = Handing(resources, gallery=gallery, views=views, delivery=delivery)
    renderer = Renderer(
        resources,
        buying=Buying(resources, alerts=alerts, preparing=Preparing(resources, gallery)),
        following=following,
        handing=handing,
        process_id=process_id,
    )
    dispatch = Dispatch(
        resources,
        engine=Engine(resources.settings, process_id, renderer.render),
        renderer=renderer,
        following=following,
        process_id=process_id,
    )
    credit = Credits(resources, accounts=accounts, staff=staff)
    gates: tuple[Gate, ...] = ()
    making = Making(
        resources, accounts=accounts, gates=gates, quoting=quoting, servers=servers, views=views
    )
    preferring = Preferring(resources, accounts)
    return Services(
        accounts=accounts,
        audit=Audit(resources, notes=notes, alerts=alerts),
        credits=credit,
        dispatch=dispatch,
        favourites=Favourites(resources, accounts),
        history=History(resources),
        loras=LoraShelf(resources, preferring=preferring, quoting=quoting, site=lora_site),
        making=making,
        notes=notes,
        preferences=preferring,
        presets=Presets(resources, accounts),
        privacy=Privacy(resources),
        retention=Retention(resources),
        servers=servers,
        showroom=Showroom(resources, quoting),
        staff=staff,
        supply=Supply(
            resources,
            alerts=alerts,
            known={found.name: found.key_env for found in providers.find_all()},
        ),
        wishing=Wishing(
            resources, credit=credit, making=making, preferring=preferring, quoting=quoting
        ),
        work=Work(resources, views=views, handing=handing, dispatch=dispatch),
    )


def prepare_data_dir(settings: Settings) -> None:
    """Make the data folder.

    Raises:
        StartError: it cannot be made or written to.
    """
    folder = settings.data_dir
    probe = folder / ".write-test"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartError(f"DATA_DIR: cannot write to {folder}: {error.strerror}") from None


@contextmanager
def _sole_process(settings: Settings) -> Generator[None]:
    """Keep a second process off our SQLite file for as long as we run."""
    if not settings.is_sqlite:
        yield
        return
    with (settings.data_dir / "atelier.lock").open("w") as lock:
        try:
            # The system drops this lock with the process, however it dies.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(
                f"DATA_DIR: another process already runs on {settings.data_dir}; stop it first, "
                "or set DATABASE_URL to PostgreSQL to run several"
            ) from None
        yield


async def verify_ledger(settings: Settings) -> list[str]:
    """Prove the ledger, beside a running bot or without one; return what is wrong.

    Raises:
        StartError: the database cannot be opened, or has no ledger.
    """
    async with _reading_ledger(settings) as conn:
        return await ledger.verify(conn)


async def export_ledger(settings: Settings, file: TextIO) -> int:
    """Write every entry as CSV, the oldest first; return how many they are.

    Raises:
        StartError: the database cannot be opened, or has no ledger.
    """
    count = 0
    rows = csv.writer(file)
    async with _reading_ledger(settings) as conn:
        rows.writerow(field.name for field in fields(Line))
        async for line in ledger.read_lines(conn):
            rows.writerow(astuple(line))
            count += 1
    return count


@asynccontextmanager
async def _reading_ledger(settings: Settings) -> AsyncGenerator[AsyncConnection]:
    is_file = settings.is_sqlite and not settings.database_url
    no_ledger = _NO_LEDGER.format(f"DATA_DIR: {settings.data_dir}" if is_file else "DATABASE_URL")
    if is_file and not (settings.data_dir / "atelier.sqlite").exists():
        raise StartError(no_ledger)
    db = Database(settings.async_database_url)
    try:
        await db.check()
        async with db.read() as conn:
            # An empty file, as `check` leaves it, or a server that was never started on.
            if not await conn.run_sync(lambda sync: sa.inspect(sync).has_table("ledger_entries")):
                raise StartError(no_ledger)
            yield conn
    finally:
        await db.close()
