"""suspicion: baselines, what looking at days came to, and who looked it up"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def _number(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _key() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, autoincrement=False, nullable=False)


def upgrade() -> None:
    """Go to this version."""
    numbers = [_number(name) for name in ("seq", "made_at")]
    op.create_table(
        "suspicion_baseline", _key(), *numbers, _text("station"), _number("first"),
        _number("last"), _text("engine"), _text("digest"), _text("body"), _text("author"),
        _text("reason"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("suspicion_baseline_place", "suspicion_baseline", ["station", "id"])
    numbers = [_number(name) for name in ("seq", "made_at")]
    op.create_table(
        "suspicion", _key(), *numbers, _text("station"), _number("day"),
        _number("baseline", nullable=True), _text("state"), _number("score"), _text("body"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("suspicion_place", "suspicion", ["station", "day"])
    op.create_index("suspicion_rank", "suspicion", ["state", "score", "id"])
    numbers = [_number(name) for name in ("seq", "at", "account")]
    op.create_table(
        "suspicion_look", _key(), *numbers, _text("name"), _text("role"), _text("what"),
        _text("shown"), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
