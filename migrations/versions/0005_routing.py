"""Routing: what the host decided, which requests are alike, and jobs that give words."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add them."""
    op.add_column("jobs", sa.Column("likeness", sa.String(length=64)))
    op.add_column("jobs", sa.Column("answer", sa.Text()))
    op.create_index("ix_jobs_likeness", "jobs", ["likeness"])
    op.create_table(
        "provider_rules",
        sa.Column("provider", sa.String(length=24), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("cap_usd_micros", sa.BigInteger()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", name="pk_provider_rules"),
    )
    op.create_table(
        "price_rules",
        sa.Column("model", sa.String(length=60), nullable=False),
        sa.Column("task", sa.String(length=12), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", "task", name="pk_price_rules"),
        sa.CheckConstraint("price >= 0", name="ck_price_rules_not_negative"),
    )
