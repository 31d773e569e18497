"""What a command calls. Services open the transactions and know nothing of Discord."""

from dataclasses import dataclass

from bot.jobs import Posted
from bot.services.accounts import Accounts
from bot.services.credits import DAILY_CREDITS, Balance, Change, Credits
from bot.services.delivery import Delivery, NotNow, PictureFile, Receipt, TooLarge, Undeliverable
from bot.services.dispatch import Dispatch
from bot.services.making import Accepted, Making, Quote
from bot.services.notes import Notes
from bot.services.requests import ImageWish, Origin
from bot.services.retention import Retention
from bot.services.views import Address, JobView
from bot.services.work import Overview, Work

__all__ = [
    "DAILY_CREDITS",
    "Accepted",
    "Accounts",
    "Address",
    "Balance",
    "Change",
    "Credits",
    "Delivery",
    "Dispatch",
    "ImageWish",
    "JobView",
    "Making",
    "NotNow",
    "Notes",
    "Origin",
    "Overview",
    "PictureFile",
    "Posted",
    "Quote",
    "Receipt",
    "Retention",
    "Services",
    "TooLarge",
    "Undeliverable",
    "Work",
]


@dataclass(frozen=True)
class Services:
    """Everything the commands may call."""

    accounts: Accounts
    credits: Credits
    dispatch: Dispatch
    making: Making
    notes: Notes
    retention: Retention
    work: Work
