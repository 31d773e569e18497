"""Credits: settings of servers, tiers, streaks, gifts, stipends, and what staff did in words."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_IS_ACTIVE = sa.text("status NOT IN ('done', 'failed', 'cancelled')")
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add them."""
    with op.batch_alter_table("staff_actions") as table:
        for name in ("before", "after"):
            table.alter_column(
                name,
                existing_type=sa.BigInteger(),
                type_=sa.Text(),
                existing_nullable=False,
                postgresql_using=f"{name}::text",
            )
        table.alter_column(
            "action",
            existing_type=sa.String(length=24),
            type_=sa.String(length=60),
            existing_nullable=False,
        )
        # What was done before there was a log to post it in is not news.
        table.add_column(
            sa.Column("is_posted", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        table.add_column(sa.Column("interaction_id", sa.BigInteger()))
    with op.batch_alter_table("staff_actions") as table:
        table.alter_column("is_posted", existing_type=sa.Boolean(), server_default=sa.false())
    op.create_table(
        "gifts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("server_id", sa.BigInteger(), nullable=False),
        sa.Column("giver_id", sa.BigInteger(), nullable=False),
        sa.Column("taker_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_gifts"),
    )
    op.create_index("ix_gifts_giver", "gifts", ["server_id", "giver_id", "created_at"])
    op.create_table(
        "server_settings",
        sa.Column("server_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("server_id", name="pk_server_settings"),
    )
    op.create_index("ix_server_settings_updated_at", "server_settings", ["updated_at"])
    op.create_table(
        "stipends",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("server_id", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("every", sa.String(length=8), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_stipends"),
    )
    op.create_index("ix_stipends_server_id", "stipends", ["server_id"])
    op.create_table(
        "tiers",
        sa.Column("server_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("server_id", "role_id", name="pk_tiers"),
    )
    op.create_index("ix_tiers_updated_at", "tiers", ["updated_at"])
    op.create_table(
        "streaks",
        sa.Column("account_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("grace_on", sa.Date()),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_streaks_account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_streaks"),
    )
    op.add_column(
        "accounts", sa.Column("is_frozen", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("accounts", sa.Column("sign_up", sa.BigInteger()))
    op.add_column("attempts", sa.Column("quoted_usd_micros", sa.BigInteger()))
    # By account, as most look for them; those of everybody are few.
    op.drop_index("ix_jobs_active", "jobs")
    op.create_index(
        "ix_jobs_active",
        "jobs",
        ["account_id"],
        sqlite_where=_IS_ACTIVE,
        postgresql_where=_IS_ACTIVE,
    )
    op.drop_index("ix_attempts_created_at", "attempts")
    op.create_index("ix_attempts_spent", "attempts", ["created_at", "provider", "cost_usd_micros"])
    op.create_index("ix_jobs_server", "jobs", ["server_id", "id"])
    op.create_index("ix_ledger_entries_credit", "ledger_entries", ["credit_purse_id", "id"])
    op.create_index("ix_ledger_entries_debit", "ledger_entries", ["debit_purse_id", "id"])
