"""The tables about people: accounts, who was told of what, and what is still to be sent.

Times are UTC epoch seconds; what is said of the tables in tolich/store/schema.py holds here.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from tolich.store.schema import Key, metadata

# What is to be said to whom. Not evidence: a row moves on as it is sent.
notification = Table(
    "notification",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("created_at", BigInteger, nullable=False),  # plant time
    Column("queued_at", BigInteger, nullable=False),  # wall time; it expires from here on
    Column("alert", BigInteger, nullable=True),
    Column("kind", Text, nullable=False),  # tolich.notify.templates.Kind
    Column("account", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("body", Text, nullable=False),  # title, text, sms, link, fields: JSON
    Column("key", Text, nullable=False, unique=True),  # the receiver sees it, too
    Column("not_before", BigInteger, nullable=False),  # wall time; quiet hours
    Column("state", Text, nullable=False),  # pending, sent, failed, superseded
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),  # wall time of the next attempt
    Column("sent_at", BigInteger, nullable=True),  # wall time
    Column("receipt", Text, nullable=True),
    Column("error", Text, nullable=True),  # of the last attempt
    Column("merged_into", BigInteger, nullable=True),  # the message that lists it
)
Index(
    "notification_pending",
    notification.c.channel,
    notification.c.next_at,
    sqlite_where=notification.c.state == "pending",
    postgresql_where=notification.c.state == "pending",
)
Index("notification_order", notification.c.alert, notification.c.address)
Index("notification_account", notification.c.account, notification.c.id)

account = Table(
    "account",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("body", Text, nullable=False),  # tolich.store.accounts.Profile, JSON
    Column("password", Text, nullable=True),  # argon2id; NULL: cannot log in with one
    # The password was given by somebody else: it serves only to choose one's own.
    Column("must_change", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("subject", Text, nullable=True, unique=True),  # of the OpenID Connect provider
)

account_change = Table(
    "account_change",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("account", BigInteger, nullable=False, index=True),
    Column("change", Text, nullable=False),
    Column("body", Text, nullable=False),  # the profile from then on, JSON; never a secret
    Column("author", Text, nullable=False),
)

# Times of keys and sessions are wall time.
api_key = Table(
    "api_key",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("account", BigInteger, nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("rights", Text, nullable=True),  # JSON; NULL: all of the role
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger, nullable=True),
)

login = Table(
    "login",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account", BigInteger, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# How far each alert has climbed: a convenience, which the record of who was told re-derives.
climb = Table(
    "climb",
    metadata,
    Column("alert", Key, primary_key=True, autoincrement=False),
    Column("since", BigInteger, nullable=False),  # plant time from which the steps count
    Column("told", Text, nullable=False),  # the sides, JSON
    Column("due", BigInteger, nullable=True, index=True),  # the next step; NULL: none is left
)

told = Table(
    "told",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("alert", BigInteger, nullable=True, index=True),  # NULL: a digest
    Column("kind", Text, nullable=False),  # tolich.notify.templates.Kind
    Column("account", BigInteger, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("channels", Text, nullable=False),  # JSON
)
