"""the terms a day was judged by, and judging it again"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def key() -> "sa.Column[int]":
    """An identifier of ours."""
    return sa.Column(
        "id",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        autoincrement=False,
        primary_key=True,
    )


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "terms",
        key(),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_table(
        "rejudgement",
        key(),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=True),
        sa.Column("first", sa.BigInteger(), nullable=True),
        sa.Column("last", sa.BigInteger(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
    )
    with op.batch_alter_table("station_day") as batch:
        batch.add_column(sa.Column("terms", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("rejudgement", sa.BigInteger(), nullable=True))
