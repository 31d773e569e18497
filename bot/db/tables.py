"""Every table, as SQLAlchemy Core sees it. `migrations/` creates them; a test compares the two."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint
from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

# SQLite numbers rows by itself only for a column that is exactly INTEGER.
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC moment on every dialect; SQLite keeps no time zone of its own."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment, and store UTC."""
        del dialect
        if value is None:
            return None
        assert value.tzinfo is not None, value
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


FINAL_STATUSES = ("done", "failed", "cancelled")
_IS_ACTIVE = sa.text("status NOT IN ('done', 'failed', 'cancelled')")

servers = Table(
    "servers",
    metadata,
    Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("is_allowed", sa.Boolean, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)

# user_id 0 is the server's treasury; server_id 0 with it is the host, who fills treasuries.
accounts = Table(
    "accounts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server_id", sa.BigInteger, nullable=False),
    Column("user_id", sa.BigInteger, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("is_frozen", sa.Boolean, nullable=False, server_default=sa.false()),
    # The first credits, in what the server gave newcomers then; NULL before the first visit.
    Column("sign_up", sa.BigInteger),
    UniqueConstraint("server_id", "user_id"),
)

purses = Table(
    "purses",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("account_id", RowId, ForeignKey(accounts.c.id), nullable=False),
    Column("kind", sa.String(8), nullable=False),
    Column("balance", sa.BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("account_id", "kind"),
    CheckConstraint("balance >= 0 OR kind = 'bank'", name="never_negative"),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("key", sa.String(100), nullable=False),
    Column("part", sa.SmallInteger, nullable=False),
    Column("kind", sa.String(8), nullable=False),
    Column("debit_purse_id", RowId, ForeignKey(purses.c.id), nullable=False),
    Column("credit_purse_id", RowId, ForeignKey(purses.c.id), nullable=False),
    Column("amount", sa.BigInteger, nullable=False),
    Column("job_id", sa.BigInteger),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("key", "part"),
    CheckConstraint("amount > 0", name="positive"),
    CheckConstraint("debit_purse_id <> credit_purse_id", name="moves"),
    Index("ix_ledger_entries_debit", "debit_purse_id", "id"),
    Index("ix_ledger_entries_credit", "credit_purse_id", "id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("interaction_id", sa.BigInteger, nullable=False, unique=True),
    Column("application_id", sa.BigInteger, nullable=False),
    Column("token", sa.Text, nullable=False),
    Column("server_id", sa.BigInteger, nullable=False),
    Column("channel_id", sa.BigInteger, nullable=False),
    Column("user_id", sa.BigInteger, nullable=False),
    Column("account_id", RowId, ForeignKey(accounts.c.id), nullable=False),
    Column("message_id", sa.BigInteger),
    Column("is_private", sa.Boolean, nullable=False),
    Column("has_followup", sa.Boolean, nullable=False, server_default=sa.false()),
    Column("locale", sa.String(10), nullable=False),
    Column("file_limit_bytes", sa.Integer, nullable=False),
    Column("action", sa.String(12), nullable=False),
    Column("parent_id", RowId, ForeignKey("jobs.id")),
    Column("parent_picture", sa.SmallInteger),
    Column("click_key", sa.String(60)),
    Column("model", sa.String(60), nullable=False),
    Column("task", sa.String(12), nullable=False, server_default="imagine"),
    Column("inputs", sa.JSON, nullable=False),
    Column("count", sa.SmallInteger, nullable=False),
    Column("price", sa.BigInteger, nullable=False),
    Column("cost_usd_micros", sa.BigInteger, nullable=False),
    Column("lane", sa.String(8), nullable=False),
    Column("slot", sa.SmallInteger, nullable=False),
    Column("status", sa.String(12), nullable=False),
    Column("likeness", sa.String(64), index=True),
    Column("answer", sa.Text),
    Column("runner", sa.String(40)),
    Column("is_cancel_requested", sa.Boolean, nullable=False),
    Column("failure", sa.String(24)),
    Column("failure_text", sa.Text),
    Column("delivered", sa.SmallInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("is_spoiler", sa.Boolean, nullable=False, server_default=sa.false()),
    Column("is_removed", sa.Boolean, nullable=False, server_default=sa.false()),
    Column("withheld", sa.SmallInteger, nullable=False, server_default="0"),
    Column("hidden", sa.SmallInteger, nullable=False, server_default="0"),
    Column("withheld_paid", sa.SmallInteger),
    Index("ix_jobs_server", "server_id", "id"),
    Index("ix_jobs_active", "account_id", sqlite_where=_IS_ACTIVE, postgresql_where=_IS_ACTIVE),
    Index("ix_jobs_account", "account_id", "id"),
    Index("ix_jobs_click", "click_key", "id"),
    # One press counts once while its job is under way, however often it is pressed.
    Index(
        "uq_jobs_click_key",
        "click_key",
        unique=True,
        sqlite_where=_IS_ACTIVE,
        postgresql_where=_IS_ACTIVE,
    ),
)

# Its words are the index's, and in the statement itself: SQLite takes a partial index only where it
# can see that it will do, and it cannot see what is bound.
IS_ACTIVE = jobs.c.status.not_in(
    sa.bindparam("final", FINAL_STATUSES, expanding=True, literal_execute=True)
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("job_id", RowId, ForeignKey(jobs.c.id), nullable=False, index=True),
    Column("provider", sa.String(24), nullable=False),
    Column("endpoint", sa.String(120), nullable=False),
    Column("inputs", sa.JSON, nullable=False),
    Column("status", sa.String(12), nullable=False),
    Column("handle", sa.JSON),
    Column("cost_usd_micros", sa.BigInteger, nullable=False),
    Column("failure_text", sa.Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    # What it was expected to cost when it was made; `cost_usd_micros` may be the provider's word.
    Column("quoted_usd_micros", sa.BigInteger),
    # What a month cost is summed up before each paid request, and read from here alone.
    Index("ix_attempts_spent", "created_at", "provider", "cost_usd_micros"),
)

pictures = Table(
    "pictures",
    metadata,
    Column("job_id", RowId, ForeignKey(jobs.c.id), primary_key=True),
    Column("number", sa.SmallInteger, primary_key=True),
    Column("sha256", sa.String(64), nullable=False, index=True),
    Column("mime", sa.String(20), nullable=False),
    Column("width", sa.Integer, nullable=False),
    Column("height", sa.Integer, nullable=False),
    Column("size_bytes", sa.Integer, nullable=False),
    Column("seed", sa.BigInteger),
    Column("is_nsfw", sa.Boolean),
    Column("created_at", UtcDateTime, nullable=False),
)

processes = Table(
    "processes",
    metadata,
    Column("id", sa.String(40), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
)

staff_actions = Table(
    "staff_actions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server_id", sa.BigInteger, nullable=False, index=True),
    Column("staff_id", sa.BigInteger, nullable=False),
    Column("target_id", sa.BigInteger, nullable=False),
    Column("action", sa.String(60), nullable=False),
    Column("before", sa.Text, nullable=False),
    Column("after", sa.Text, nullable=False),
    Column("reason", sa.Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("is_posted", sa.Boolean, nullable=False, server_default=sa.false()),
    # Names the ledger entries of the deed: their keys hold it.
    Column("interaction_id", sa.BigInteger),
)

# Small facts the process remembers between runs, such as the hash of the synced commands.
notes = Table(
    "notes",
    metadata,
    Column("name", sa.String(60), primary_key=True),
    Column("value", sa.Text, nullable=False),
)

# What each person chose for themselves; without a row, the defaults.
preferences = Table(
    "preferences",
    metadata,
    Column("account_id", RowId, ForeignKey(accounts.c.id), primary_key=True, autoincrement=False),
    Column("chosen", sa.JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# `key` is the name as it is compared: in one case, and longer than the name in some scripts.
presets = Table(
    "presets",
    metadata,
    Column("account_id", RowId, ForeignKey(accounts.c.id), primary_key=True, autoincrement=False),
    Column("key", sa.String(160), primary_key=True),
    Column("name", sa.String(40), nullable=False),
    Column("chosen", sa.JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

favourites = Table(
    "favourites",
    metadata,
    Column("account_id", RowId, ForeignKey(accounts.c.id), primary_key=True, autoincrement=False),
    Column("job_id", RowId, ForeignKey(jobs.c.id), primary_key=True, autoincrement=False),
    Column("number", sa.SmallInteger, primary_key=True, autoincrement=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_favourites_job", "job_id"),
)

Index("ix_jobs_model", jobs.c.model, jobs.c.id)

# What the host decided about a provider; without a row it is used, without a cap.
provider_rules = Table(
    "provider_rules",
    metadata,
    Column("provider", sa.String(24), primary_key=True),
    Column("is_enabled", sa.Boolean, nullable=False),
    Column("cap_usd_micros", sa.BigInteger),
    Column("updated_at", UtcDateTime, nullable=False),
)

# Credits per unit that the host set in place of the catalog's.
price_rules = Table(
    "price_rules",
    metadata,
    Column("model", sa.String(60), primary_key=True),
    Column("task", sa.String(12), primary_key=True),
    Column("price", sa.BigInteger, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    CheckConstraint("price >= 0", name="not_negative"),
)

# What a person was asked to confirm: gone when it is answered, or after a while.
asks = Table(
    "asks",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server_id", sa.BigInteger, nullable=False),
    Column("user_id", sa.BigInteger, nullable=False),
    Column("requests", sa.JSON, nullable=False),
    Column("is_private", sa.Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

# What a server's staff changed; without a row, or a name in it, the defaults.
server_settings = Table(
    "server_settings",
    metadata,
    Column("server_id", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("chosen", sa.JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False, index=True),
)

# How much the members with a role may do; a role id that is the server's own means everybody.
tiers = Table(
    "tiers",
    metadata,
    Column("server_id", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("role_id", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("limits", sa.JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False, index=True),
)

streaks = Table(
    "streaks",
    metadata,
    Column("account_id", RowId, ForeignKey(accounts.c.id), primary_key=True, autoincrement=False),
    Column("days", sa.Integer, nullable=False),
    Column("last_on", sa.Date, nullable=False),
    Column("grace_on", sa.Date),
)

# `id` is the interaction that asked for it.
gifts = Table(
    "gifts",
    metadata,
    Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("server_id", sa.BigInteger, nullable=False),
    Column("giver_id", sa.BigInteger, nullable=False),
    Column("taker_id", sa.BigInteger, nullable=False),
    Column("amount", sa.BigInteger, nullable=False),
    Column("message", sa.Text, nullable=False),
    Column("status", sa.String(8), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Index("ix_gifts_giver", "server_id", "giver_id", "created_at"),
)

# What everybody with a role is granted once in a period; ended, not deleted, for the books.
stipends = Table(
    "stipends",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server_id", sa.BigInteger, nullable=False, index=True),
    Column("role_id", sa.BigInteger, nullable=False),
    Column("amount", sa.BigInteger, nullable=False),
    Column("every", sa.String(8), nullable=False),
    Column("created_by", sa.BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

filter_rules = Table(
    "filter_rules",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server_id", sa.BigInteger, nullable=False, index=True),
    # 0 is the whole server.
    Column("channel_id", sa.BigInteger, nullable=False),
    Column("kind", sa.String(8), nullable=False),
    Column("pattern", sa.String(200), nullable=False),
    Column("action", sa.String(8), nullable=False),
    Column("exempt_role_ids", sa.JSON, nullable=False),
    Column("created_by", sa.BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("server_id", "channel_id", "kind", "pattern"),
)

# What staff did about somebody: a note, a warning, a suspension or a ban.
sanctions = Table(
    "sanctions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server_id", sa.BigInteger, nullable=False),
    Column("user_id", sa.BigInteger, nullable=False),
    Column("kind", sa.String(8), nullable=False),
    Column("points", sa.SmallInteger, nullable=False),
    Column("reason", sa.Text, nullable=False),
    Column("staff_id", sa.BigInteger, nullable=False),
    Column("job_id", RowId, ForeignKey(jobs.c.id)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("lifted_at", UtcDateTime),
    Column("lifted_by", sa.BigInteger),
    Column("acknowledged_at", UtcDateTime),
    # So that what is delivered twice is done once; NULL where nobody asked for it.
    Column("interaction_id", sa.BigInteger, unique=True),
    Index("ix_sanctions_person", "server_id", "user_id", "id"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("server_id", sa.BigInteger, nullable=False),
    Column("job_id", RowId, ForeignKey(jobs.c.id), nullable=False),
    Column("number", sa.SmallInteger, nullable=False),
    Column("reporter_id", sa.BigInteger, nullable=False),
    Column("reason", sa.String(24), nullable=False),
    Column("note", sa.Text, nullable=False),
    Column("status", sa.String(12), nullable=False),
    Column("channel_id", sa.BigInteger),
    Column("message_id", sa.BigInteger),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_by", sa.BigInteger),
    Column("closed_at", UtcDateTime),
    UniqueConstraint("job_id", "number", "reporter_id"),
    Index("ix_reports_server", "server_id", "status", "id"),
)

# A person's answer to a sanction, once for each.
appeals = Table(
    "appeals",
    metadata,
    Column("sanction_id", RowId, ForeignKey(sanctions.c.id), primary_key=True, autoincrement=False),
    Column("server_id", sa.BigInteger, nullable=False),
    Column("user_id", sa.BigInteger, nullable=False),
    Column("words", sa.Text, nullable=False),
    Column("status", sa.String(8), nullable=False),
    Column("outcome", sa.Text, nullable=False),
    Column("channel_id", sa.BigInteger),
    Column("message_id", sa.BigInteger),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_by", sa.BigInteger),
    Column("closed_at", UtcDateTime),
    Index("ix_appeals_server", "server_id", "status"),
)

# Who agreed to which terms, by the hash of their words.
consents = Table(
    "consents",
    metadata,
    Column("server_id", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("terms", sa.String(64), nullable=False),
    Column("agreed_at", UtcDateTime, nullable=False),
)

# Messages of ours that show a job beside its card: in a feed, or in somebody's direct messages.
copies = Table(
    "copies",
    metadata,
    Column("message_id", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", sa.BigInteger, nullable=False),
    Column("job_id", RowId, ForeignKey(jobs.c.id), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    # In a feed, now or at its time: what is left of the job is drawn as such.
    Column("is_feed", sa.Boolean, nullable=False, server_default=sa.false()),
)

# What is decided and still has to be shown to somebody; gone when it is done.
errands = Table(
    "errands",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", sa.String(16), nullable=False),
    Column("about_id", sa.BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Until then one process runs it, and no other one does.
    Column("claimed_until", UtcDateTime),
)
