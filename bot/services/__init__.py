"""What a command calls. Services open the transactions and know nothing of Discord."""

from dataclasses import dataclass

from bot.jobs import Looked, Posted
from bot.routing import POLICIES
from bot.services.accounts import Accounts
from bot.services.audit import Audit
from bot.services.credits import DAILY_CREDITS, Balance, Change, Credits
from bot.services.decisions import Order
from bot.services.delivery import (
    Delivery,
    LedgerAlert,
    NotNow,
    PictureFile,
    ProviderAlert,
    Receipt,
    TooLarge,
    Undeliverable,
)
from bot.services.dispatch import Dispatch
from bot.services.favourites import Favourites
from bot.services.followups import FOLLOWUPS
from bot.services.history import PER_PAGE, History, HistoryPage, PastJob, Turn
from bot.services.lorashelf import Lora, LoraShelf
from bot.services.making import Accepted, Making
from bot.services.notes import Notes
from bot.services.outside import Outside, Place, Post
from bot.services.preferences import Preferences, Preferring
from bot.services.presets import LONGEST_NAME, PresetDraft, Presets, SavedPreset
from bot.services.privacy import Export, Holdings, Privacy
from bot.services.quoting import Quote
from bot.services.requests import ImageWish, Origin, Source
from bot.services.retention import Retention
from bot.services.servers import Servers
from bot.services.showroom import ModelPage, ModelSheet, Sample, Showroom
from bot.services.staff import Deed, StaffAction, StaffLog
from bot.services.supply import (
    HIGHEST_CAP_USD,
    HIGHEST_PRICE,
    PriceSheet,
    ProviderSheet,
    State,
    Supply,
)
from bot.services.views import Address, JobView
from bot.services.wishing import Wishing
from bot.services.work import Overview, Work

__all__ = [
    "DAILY_CREDITS",
    "FOLLOWUPS",
    "HIGHEST_CAP_USD",
    "HIGHEST_PRICE",
    "LONGEST_NAME",
    "PER_PAGE",
    "POLICIES",
    "Accepted",
    "Accounts",
    "Address",
    "Audit",
    "Balance",
    "Change",
    "Credits",
    "Deed",
    "Delivery",
    "Dispatch",
    "Export",
    "Favourites",
    "History",
    "HistoryPage",
    "Holdings",
    "ImageWish",
    "JobView",
    "LedgerAlert",
    "Looked",
    "Lora",
    "LoraShelf",
    "Making",
    "ModelPage",
    "ModelSheet",
    "NotNow",
    "Notes",
    "Order",
    "Origin",
    "Outside",
    "Overview",
    "PastJob",
    "PictureFile",
    "Place",
    "Post",
    "Posted",
    "Preferences",
    "Preferring",
    "PresetDraft",
    "Presets",
    "PriceSheet",
    "Privacy",
    "ProviderAlert",
    "ProviderSheet",
    "Quote",
    "Receipt",
    "Retention",
    "Sample",
    "SavedPreset",
    "Servers",
    "Services",
    "Showroom",
    "Source",
    "StaffAction",
    "StaffLog",
    "State",
    "Supply",
    "TooLarge",
    "Turn",
    "Undeliverable",
    "Wishing",
    "Work",
]


@dataclass(frozen=True)
class Services:
    """Everything the commands may call."""

    accounts: Accounts
    audit: Audit
    credits: Credits
    dispatch: Dispatch
    favourites: Favourites
    history: History
    loras: LoraShelf
    making: Making
    notes: Notes
    preferences: Preferring
    presets: Presets
    privacy: Privacy
    retention: Retention
    servers: Servers
    showroom: Showroom
    staff: StaffLog
    supply: Supply
    wishing: Wishing
    work: Work
