"""Tasks: jobs that start from a picture, and cards that are not the first answer.

Jobs of before are pictures from words, answered with their card.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what a job asks of its model, and whether its card followed another answer."""
    op.add_column(
        "jobs", sa.Column("task", sa.String(12), nullable=False, server_default="imagine")
    )
    op.add_column(
        "jobs", sa.Column("has_followup", sa.Boolean(), nullable=False, server_default=sa.false())
    )
