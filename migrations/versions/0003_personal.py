"""Personal: what people choose for themselves, their presets and favourites.

The index on a job's model finds its latest work, for `/models`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add what belongs to a person."""
    op.create_table(
        "preferences",
        sa.Column("account_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_preferences_account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_preferences"),
    )
    op.create_table(
        "presets",
        sa.Column("account_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_presets_account_id"),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_presets"),
    )
    op.create_table(
        "favourites",
        sa.Column("account_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("job_id", _ROW_ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_favourites_account_id"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_favourites_job_id"),
        sa.PrimaryKeyConstraint("account_id", "job_id", "number", name="pk_favourites"),
    )
    op.create_index("ix_favourites_job", "favourites", ["job_id"], unique=False)
    op.create_index("ix_jobs_model", "jobs", ["model", "id"], unique=False)
