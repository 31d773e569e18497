"""Moderation: filter rules, sanctions, reports, appeals, consents, and what has to be shown."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "consents",
        sa.Column("server_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terms", sa.String(length=64), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("server_id", "user_id", name="pk_consents"),
    )
    op.create_table(
        "filter_rules",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("server_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("pattern", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("exempt_role_ids", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_filter_rules"),
        sa.UniqueConstraint(
            "server_id",
            "channel_id",
            "kind",
            "pattern",
            name="uq_filter_rules_server_id_channel_id_kind_pattern",
        ),
    )
    op.create_index("ix_filter_rules_server_id", "filter_rules", ["server_id"])
    op.create_table(
        "reports",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("server_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", _ROW_ID, nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("reporter_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("channel_id", sa.BigInteger()),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.BigInteger()),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_reports_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint(
            "job_id", "number", "reporter_id", name="uq_reports_job_id_number_reporter_id"
        ),
    )
    op.create_index("ix_reports_server", "reports", ["server_id", "status", "id"])
    op.create_table(
        "sanctions",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("server_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("points", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", _ROW_ID),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("lifted_at", sa.DateTime(timezone=True)),
        sa.Column("lifted_by", sa.BigInteger()),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("interaction_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_sanctions_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sanctions"),
        sa.UniqueConstraint("interaction_id", name="uq_sanctions_interaction_id"),
    )
    op.create_index("ix_sanctions_person", "sanctions", ["server_id", "user_id", "id"])
    op.create_table(
        "appeals",
        sa.Column("sanction_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("server_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.BigInteger()),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.BigInteger()),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["sanction_id"], ["sanctions.id"], name="fk_appeals_sanction_id"),
        sa.PrimaryKeyConstraint("sanction_id", name="pk_appeals"),
    )
    op.create_index("ix_appeals_server", "appeals", ["server_id", "status"])
    op.add_column(
        "jobs", sa.Column("is_spoiler", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "jobs", sa.Column("is_removed", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "jobs", sa.Column("withheld", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "jobs", sa.Column("hidden", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column("jobs", sa.Column("withheld_paid", sa.SmallInteger(), nullable=True))
    op.create_table(
        "copies",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", _ROW_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_feed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_copies_job_id"),
        sa.PrimaryKeyConstraint("message_id", name="pk_copies"),
    )
    op.create_index("ix_copies_job_id", "copies", ["job_id"])
    op.create_table(
        "errands",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("about_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_errands"),
    )
