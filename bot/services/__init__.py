"""What a command calls. Services open the transactions and know nothing of Discord."""

from dataclasses import dataclass

from bot.jobs import SHOWN_ONLY, Looked, Posted, Spending
from bot.ledger import MAX_AMOUNT
from bot.routing import POLICIES
from bot.services.accounts import Accounts
from bot.services.appeals import LONGEST_APPEAL, LONGEST_OUTCOME, AppealCard, AppealOutcome, Appeals
from bot.services.audit import Audit
from bot.services.budget import HIGHEST_BUDGET_USD, Budget, BudgetSheet
from bot.services.charting import Chart, Charting, ChartPanel, Series
from bot.services.complaints import (
    LONGEST_NOTE,
    REASONS,
    Complaint,
    Decided,
    Decision,
    ReportCard,
    ReportOutcome,
)
from bot.services.configuring import Configured, Configuring
from bot.services.consent import Consents
from bot.services.credits import Balance, Claim, Credits, Statement
from bot.services.credits_audit import USUAL_DAYS, Audited, AuditLine, AuditPage, CreditsAudit
from bot.services.decisions import Order
from bot.services.delivery import (
    BudgetAlert,
    Delivery,
    Drift,
    DriftAlert,
    HostAlert,
    LedgerAlert,
    NotNow,
    PictureFile,
    ProviderAlert,
    Receipt,
    TooLarge,
    Undeliverable,
)
from bot.services.dispatch import Dispatch
from bot.services.docket import Docket, DocketPage
from bot.services.drifts import Drifts
from bot.services.errands import Errands
from bot.services.favourites import Favourites
from bot.services.feed import Feed, FeedPost
from bot.services.filtering import Filtering, Imported
from bot.services.followups import FOLLOWUPS
from bot.services.gifts import LONGEST_MESSAGE, Gift, Gifts
from bot.services.history import PER_PAGE, History, HistoryPage, PastJob, Turn
from bot.services.hosting import Hosting, ServerSheet, ServerState
from bot.services.leaderboard import Board, Leaderboard
from bot.services.limits import FrozenGate, Limits, Usage
from bot.services.lorashelf import Lora, LoraShelf
from bot.services.making import Accepted, Making
from bot.services.moderation import Moderation, Record, RecordPage
from bot.services.notes import Notes
from bot.services.outside import Outside, Place, Post, Rank
from bot.services.periods import EVERY, Every
from bot.services.preferences import Preferences, Preferring
from bot.services.presets import LONGEST_NAME, PresetDraft, Presets, SavedPreset
from bot.services.privacy import Export, Holdings, Privacy
from bot.services.quoting import Quote
from bot.services.removal import Removal, Showing, Takeaway, Taken
from bot.services.reports import Reports
from bot.services.requests import ImageWish, Origin, Source
from bot.services.retention import Retention
from bot.services.role_grants import RoleGrants, Tally, tally_words
from bot.services.sanctions import (
    LONGEST_REASON,
    MOST_POINTS,
    Penalty,
    Punished,
    Sanction,
    SanctionNotice,
    Standing,
    check_standing,
    read_duration,
)
from bot.services.screening import Screening
from bot.services.servers import Servers
from bot.services.showroom import ModelPage, ModelSheet, Sample, Showroom
from bot.services.staff import Deed, StaffAction, StaffLog
from bot.services.staff_credits import NO_LIMIT, Change, StaffCredits
from bot.services.stats import Period, Report, Stats, Trend
from bot.services.stipends import Stipend, Stipends, StipendSheet
from bot.services.streaks import Streak
from bot.services.supply import (
    HIGHEST_CAP_USD,
    HIGHEST_PRICE,
    PriceSheet,
    ProviderSheet,
    State,
    Supply,
)
from bot.services.transactions import Entry, EntryFile, EntryPage, EntryTurn, Transactions
from bot.services.treasury import Treasury, TreasurySheet
from bot.services.upkeep import Upkeep
from bot.services.views import Address, JobView
from bot.services.wishing import Wishing
from bot.services.work import Overview, Work

__all__ = [
    "EVERY",
    "FOLLOWUPS",
    "HIGHEST_BUDGET_USD",
    "HIGHEST_CAP_USD",
    "HIGHEST_PRICE",
    "LONGEST_APPEAL",
    "LONGEST_MESSAGE",
    "LONGEST_NAME",
    "LONGEST_NOTE",
    "LONGEST_OUTCOME",
    "LONGEST_REASON",
    "MAX_AMOUNT",
    "MOST_POINTS",
    "NO_LIMIT",
    "PER_PAGE",
    "POLICIES",
    "REASONS",
    "SHOWN_ONLY",
    "USUAL_DAYS",
    "Accepted",
    "Accounts",
    "Address",
    "AppealCard",
    "AppealOutcome",
    "Appeals",
    "Audit",
    "AuditLine",
    "AuditPage",
    "Audited",
    "Balance",
    "Board",
    "Budget",
    "BudgetAlert",
    "BudgetSheet",
    "Change",
    "Chart",
    "ChartPanel",
    "Charting",
    "Claim",
    "Complaint",
    "Configured",
    "Configuring",
    "Consents",
    "Credits",
    "CreditsAudit",
    "Decided",
    "Decision",
    "Deed",
    "Delivery",
    "Dispatch",
    "Docket",
    "DocketPage",
    "Drift",
    "DriftAlert",
    "Drifts",
    "Entry",
    "EntryFile",
    "EntryPage",
    "EntryTurn",
    "Errands",
    "Every",
    "Export",
    "Favourites",
    "Feed",
    "FeedPost",
    "Filtering",
    "FrozenGate",
    "Gift",
    "Gifts",
    "History",
    "HistoryPage",
    "Holdings",
    "HostAlert",
    "Hosting",
    "ImageWish",
    "Imported",
    "JobView",
    "Leaderboard",
    "LedgerAlert",
    "Limits",
    "Looked",
    "Lora",
    "LoraShelf",
    "Making",
    "ModelPage",
    "ModelSheet",
    "Moderation",
    "NotNow",
    "Notes",
    "Order",
    "Origin",
    "Outside",
    "Overview",
    "PastJob",
    "Penalty",
    "Period",
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
    "Punished",
    "Quote",
    "Rank",
    "Receipt",
    "Record",
    "RecordPage",
    "Removal",
    "Report",
    "ReportCard",
    "ReportOutcome",
    "Reports",
    "Retention",
    "RoleGrants",
    "Sample",
    "Sanction",
    "SanctionNotice",
    "SavedPreset",
    "Screening",
    "Series",
    "ServerSheet",
    "ServerState",
    "Servers",
    "Services",
    "Showing",
    "Showroom",
    "Source",
    "Spending",
    "StaffAction",
    "StaffCredits",
    "StaffLog",
    "Standing",
    "State",
    "Statement",
    "Stats",
    "Stipend",
    "StipendSheet",
    "Stipends",
    "Streak",
    "Supply",
    "Takeaway",
    "Taken",
    "Tally",
    "TooLarge",
    "Transactions",
    "Treasury",
    "TreasurySheet",
    "Trend",
    "Turn",
    "Undeliverable",
    "Upkeep",
    "Usage",
    "Wishing",
    "Work",
    "check_standing",
    "read_duration",
    "tally_words",
]


@dataclass(frozen=True)
class Services:
    """Everything the commands may call."""

    accounts: Accounts
    appeals: Appeals
    audit: Audit
    budget: Budget
    charting: Charting
    configuring: Configuring
    consents: Consents
    credits: Credits
    credits_audit: CreditsAudit
    dispatch: Dispatch
    docket: Docket
    errands: Errands
    drifts: Drifts
    favourites: Favourites
    feed: Feed
    filtering: Filtering
    gifts: Gifts
    history: History
    hosting: Hosting
    leaderboard: Leaderboard
    limits: Limits
    loras: LoraShelf
    making: Making
    moderation: Moderation
    notes: Notes
    preferences: Preferring
    presets: Presets
    privacy: Privacy
    removal: Removal
    reports: Reports
    retention: Retention
    role_grants: RoleGrants
    screening: Screening
    servers: Servers
    showroom: Showroom
    staff: StaffLog
    staff_credits: StaffCredits
    stats: Stats
    stipends: Stipends
    supply: Supply
    transactions: Transactions
    treasury: Treasury
    upkeep: Upkeep
    wishing: Wishing
    work: Work
