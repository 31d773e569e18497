"""What a command calls. Services open the transactions and know nothing of Discord."""

from dataclasses import dataclass

from bot.jobs import Looked, Posted
from bot.services.accounts import Accounts
from bot.services.credits import DAILY_CREDITS, Balance, Change, Credits
from bot.services.delivery import (
    Delivery,
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
from bot.services.making import Accepted, Making
from bot.services.notes import Notes
from bot.services.preferences import Preferences, Preferring
from bot.services.presets import LONGEST_NAME, PresetDraft, Presets, SavedPreset
from bot.services.privacy import Export, Holdings, Privacy
from bot.services.quoting import Quote
from bot.services.requests import ImageWish, Origin, Source
from bot.services.retention import Retention
from bot.services.showroom import ModelSheet, Sample, Showroom
from bot.services.views import Address, JobView
from bot.services.wishing import Wishing
from bot.services.work import Overview, Work

__all__ = [
    "DAILY_CREDITS",
    "FOLLOWUPS",
    "LONGEST_NAME",
    "PER_PAGE",
    "Accepted",
    "Accounts",
    "Address",
    "Balance",
    "Change",
    "Credits",
    "Delivery",
    "Dispatch",
    "Export",
    "Favourites",
    "History",
    "HistoryPage",
    "Holdings",
    "ImageWish",
    "JobView",
    "Looked",
    "Making",
    "ModelSheet",
    "NotNow",
    "Notes",
    "Origin",
    "Overview",
    "PastJob",
    "PictureFile",
    "Posted",
    "Preferences",
    "Preferring",
    "PresetDraft",
    "Presets",
    "Privacy",
    "ProviderAlert",
    "Quote",
    "Receipt",
    "Retention",
    "Sample",
    "SavedPreset",
    "Services",
    "Showroom",
    "Source",
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
    credits: Credits
    dispatch: Dispatch
    favourites: Favourites
    history: History
    making: Making
    notes: Notes
    preferences: Preferring
    presets: Presets
    privacy: Privacy
    retention: Retention
    showroom: Showroom
    wishing: Wishing
    work: Work
