"""subjects of instrument alerts, members of outages, and an index of what was set aside"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Go to this version."""
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("part_of", sa.BigInteger(), nullable=True))
        batch_op.create_index("ix_alert_part_of", ["part_of"], unique=False)
    op.create_index(
        "reading_set_aside",
        "reading",
        ["series", "at"],
        unique=False,
        sqlite_where=sa.text("status != 0"),
        postgresql_where=sa.text("status != 0"),
    )
