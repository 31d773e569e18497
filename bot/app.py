"""The composition root: builds the product from its settings, starts it, and stops it."""

import fcntl
import uuid
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx
import structlog

from bot import catalog, config, providers
from bot.config import Settings, StartError
from bot.db import Clock, Database, utc_now
from bot.health import Health
from bot.loras import LoraSite, open_site
from bot.media import Media
from bot.routing import Routing
from bot.services import (
    Accounts,
    Audit,
    Charting,
    Configuring,
    Consents,
    Credits,
    CreditsAudit,
    Delivery,
    Dispatch,
    Favourites,
    FrozenGate,
    Gifts,
    History,
    Hosting,
    Leaderboard,
    Limits,
    LoraShelf,
    Making,
    Notes,
    Outside,
    Preferring,
    Presets,
    Privacy,
    Retention,
    RoleGrants,
    Servers,
    Services,
    Showroom,
    StaffCredits,
    StaffLog,
    Stats,
    Stipends,
    Supply,
    Transactions,
    Treasury,
    Upkeep,
    Wishing,
    Work,
)
from bot.services.access import Access
from bot.services.alerts import Alerts
from bot.services.appeals import Appeals
from bot.services.budget import Budget
from bot.services.buying import Buying
from bot.services.decency import Decency
from bot.services.desk import Desk
from bot.services.docket import Docket
from bot.services.drifts import Drifts
from bot.services.engine import Engine
from bot.services.errands import Errands
from bot.services.feed import Feed
from bot.services.filtering import Filtering
from bot.services.following import Following
from bot.services.gallery import Gallery
from bot.services.gates import Gate
from bot.services.handing import Handing
from bot.services.moderation import Moderation
from bot.services.parcels import Parcels
from bot.services.payroll import Payroll
from bot.services.preparing import Preparing
from bot.services.quoting import Quoting
from bot.services.removal import Removal
from bot.services.render import Renderer
from bot.services.reports import Reports
from bot.services.resources import Resources
from bot.services.rewards import Rewards
from bot.services.screening import Screening
from bot.services.views import Views

log = structlog.get_logger()

# Shorter than a stop waits for paid requests on their way (`buying.SETTLE_DOWN_S`).
REQUEST_TIMEOUT_S = 15.0
# Runs that are followed keep one each; paid requests must never wait behind them.
MAX_CONNECTIONS = 200


@dataclass(frozen=True)
class App:
    """A product that is put together; `start` sets it to work."""

    services: Services

    async def start(self) -> None:
        """Begin to work on jobs, those of an earlier process first."""
        # Before any job, so that none is bought from a provider that the host has disabled.
        await self.services.supply.start()
        await self.services.servers.start()
        await self.services.screening.start()
        self.services.staff.start()
        self.services.errands.start()
        await self.services.dispatch.start()
        self.services.retention.start()
        self.services.audit.start()
        self.services.upkeep.start()

    async def stop(self) -> None:
        """Take no new work, then leave the running jobs where the next process finds them."""
        self.services.making.close()
        self.services.retention.stop()
        await self.services.errands.stop()
        await self.services.staff.stop()
        await self.services.audit.stop()
        await self.services.upkeep.stop()
        await self.services.role_grants.stop()
        self.services.supply.stop()
        self.services.screening.stop()
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
    servers = Servers(resources)
    notes = Notes(resources)
    alerts = Alerts(resources, notes=notes, delivery=delivery)
    budget = Budget(resources, alerts=alerts)
    accounts = Accounts(resources, servers, budget)
    staff = StaffLog(resources, servers=servers, outside=outside)
    gallery = Gallery(resources, delivery)
    quoting = Quoting(resources.catalog, resources.routing, servers)
    views = Views(resources.catalog, quoting)
    decency = Decency(resources, servers=servers, staff=staff, outside=outside)
    parcels = Parcels(resources, gallery)
    consents = Consents(resources, servers)
    screening = Screening(resources, servers=servers, staff=staff)
    following = Following(
        resources, decency=decency, delivery=delivery, screening=screening, views=views
    )
    rewards = Rewards(resources, servers)
    handing = Handing(
        resources,
        decency=decency,
        parcels=parcels,
        views=views,
        delivery=delivery,
        rewards=rewards,
    )
    renderer = Renderer(
        resources,
        buying=Buying(
            resources, alerts=alerts, budget=budget, preparing=Preparing(resources, gallery)
        ),
        following=following,
        handing=handing,
        process_id=process_id,
    )
    payroll = Payroll(resources, accounts)
    stipends = Stipends(resources, accounts=accounts, outside=outside, payroll=payroll, staff=staff)
    role_grants = RoleGrants(
        resources, accounts=accounts, outside=outside, payroll=payroll, staff=staff
    )
    upkeep = Upkeep((role_grants.resume, stipends.pay_due))
    dispatch = Dispatch(
        resources,
        engine=Engine(resources.settings, process_id, renderer.render, upkeep.tick),
        renderer=renderer,
        following=following,
        process_id=process_id,
    )
    desk = Desk(
        decency=decency,
        errands=Errands(resources),
        handing=handing,
        outside=outside,
        servers=servers,
        staff=staff,
        views=views,
    )
    moderation = Moderation(resources, desk)
    removal = Removal(resources, desk)
    appeals = Appeals(resources, desk, moderation=moderation)
    reports = Reports(resources, desk, moderation=moderation, removal=removal)
    limits = Limits()
    credit = Credits(
        resources,
        accounts=accounts,
        limits=limits,
        outside=outside,
        servers=servers,
    )
    gates: tuple[Gate, ...] = (moderation, Access(), FrozenGate(), consents, decency, limits)
    making = Making(
        resources,
        accounts=accounts,
        gates=gates,
        quoting=quoting,
        screening=screening,
        views=views,
    )
    preferring = Preferring(resources, accounts)
    drifts = Drifts(resources)
    return Services(
        accounts=accounts,
        appeals=appeals,
        audit=Audit(resources, notes=notes, alerts=alerts),
        budget=budget,
        charting=Charting(resources),
        configuring=Configuring(resources, servers=servers, staff=staff),
        consents=consents,
        credits=credit,
        credits_audit=CreditsAudit(resources),
        dispatch=dispatch,
        drifts=drifts,
        docket=Docket(resources, reports=reports, appeals=appeals),
        errands=desk.errands,
        favourites=Favourites(resources, accounts, rewards),
        feed=Feed(resources, desk),
        filtering=Filtering(resources, screening=screening, staff=staff),
        gifts=Gifts(
            resources, accounts=accounts, outside=outside, screening=screening, servers=servers
        ),
        history=History(resources),
        hosting=Hosting(resources),
        leaderboard=Leaderboard(resources),
        limits=limits,
        loras=LoraShelf(
            resources,
            preferring=preferring,
            quoting=quoting,
            screening=screening,
            site=lora_site,
        ),
        making=making,
        moderation=moderation,
        notes=notes,
        preferences=preferring,
        presets=Presets(resources, accounts=accounts, screening=screening),
        privacy=Privacy(resources),
        removal=removal,
        reports=reports,
        retention=Retention(resources, servers),
        role_grants=role_grants,
        screening=screening,
        servers=servers,
        showroom=Showroom(resources, quoting),
        staff=staff,
        staff_credits=StaffCredits(
            resources, accounts=accounts, outside=outside, servers=servers, staff=staff
        ),
        stipends=stipends,
        stats=Stats(resources),
        supply=Supply(
            resources,
            alerts=alerts,
            budget=budget,
            drifts=drifts,
            known={found.name: found.key_env for found in providers.find_all()},
        ),
        transactions=Transactions(resources),
        treasury=Treasury(resources, accounts=accounts, stipends=stipends),
        upkeep=upkeep,
        wishing=Wishing(
            resources,
            credit=credit,
            making=making,
            preferring=preferring,
            quoting=quoting,
            screening=screening,
        ),
        work=Work(resources, decency=decency, dispatch=dispatch, parcels=parcels, views=views),
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
