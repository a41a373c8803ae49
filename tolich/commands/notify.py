"""`tolich notify`: try a channel, see what was sent, send again what failed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rules.loading import meant
from rules.model import Problem, Refused
from rules.roles import RIGHTS, Role
from tolich.app import Place, prepare, real_clock
from tolich.clock import wall
from tolich.commands.serve import SettingsFile
from tolich.console import err, out, refusing
from tolich.notify.channel import Language, Message, Retry, Undeliverable
from tolich.notify.templates import Kind
from tolich.notify.texts import trial
from tolich.notify.ways import CHANNELS, channels
from tolich.ports import Caller, NotificationQuery, Scope
from tolich.settings import load_settings
from tolich.store.database import writing
from tolich.store.deliveries import StoreDeliveries
from tolich.store.notifications import STATES, again, key_of

notify = typer.Typer(no_args_is_help=True, help="Try channels; see and repeat what was sent.")

REMEDIES = {
    "email": "compare notify.email with what the mail server wants: host, port, security, account",
    "webhook": "look at the receiver's log; it has to answer 2xx within notify.webhook.timeout",
    "zalo": "compare app, template and tokens with developers.zalo.me",
    "sms": "compare keys and brand name with the gateway's pages",
    "apprise": "compare the address with github.com/caronc/apprise/wiki",
}
"""What to do when a channel does not deliver, beside what the receiver said."""


@notify.command("test")
def try_channel(
    channel: Annotated[str, typer.Option(help=f"One of {', '.join(CHANNELS)}.")],
    to: Annotated[str, typer.Option(help="The address: e-mail, URL, telephone number ...")],
    language: Annotated[str, typer.Option(help="vi or en.")] = "vi",
    settings: SettingsFile = None,
) -> None:
    """Send one test message now and print the receipt, or what went wrong and what to do."""
    with refusing():
        loaded = load_settings(settings).notify
        ways = channels(loaded)
        _known("--channel", channel, CHANNELS)
        _known("--language", language, ("vi", "en"))
        if channel not in ways:
            said = f"{channel} is not set up: see docs/notifications.md"
            raise Refused([Problem("settings", f"notify.{channel}", said)])
    chosen: Language = "en" if language == "en" else "vi"
    now = wall()
    message = Message(
        key_of("test", channel, to, now), Kind.TEST, to, "info", chosen, now, None,
        trial(chosen, loaded.public_url),
    )  # fmt: skip
    try:
        sent = ways[channel].send(message)
    except (Retry, Undeliverable) as error:
        err.print(f"[bold red]Not delivered:[/] {channel} to {to}", highlight=False)
        err.print(f"  {error.why}", markup=False, highlight=False, soft_wrap=True)
        err.print(f"  What to do: {REMEDIES[channel]}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    out.print(f"Delivered: {channel} to {to} ({sent.receipt})", markup=False, highlight=False)


@notify.command("list")
def list_notifications(
    state: Annotated[str | None, typer.Option(help=f"One of {', '.join(STATES)}.")] = None,
    channel: Annotated[str | None, typer.Option(help=f"One of {', '.join(CHANNELS)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
    settings: SettingsFile = None,
) -> None:
    """What was said to whom, newest first, and what became of it."""
    with refusing():
        if state is not None:
            _known("--state", state, STATES)
        if channel is not None:
            _known("--channel", channel, CHANNELS)
        place = _place(settings)
    everybody = Caller(0, "tolich", Role.ADMINISTRATOR, RIGHTS[Role.ADMINISTRATOR], Scope())
    asked = NotificationQuery(state=state, channel=channel)
    deliveries = StoreDeliveries(place.engine, place.registered)
    page = deliveries.notifications(everybody, asked, None, limit)
    table = Table(
        "id", "at", "alert", "kind", "channel", "address", "state", "tries", "receipt, error"
    )
    for one in page.items:
        table.add_row(
            str(one["id"]), one["created_at"], one["alert"] or "-", one["kind"], one["channel"],
            one["address"], one["state"], str(one["attempts"]), one["error"] or one["receipt"],
        )  # fmt: skip
    out.print(table)
    if page.next is not None:
        out.print(f"There are more than {limit}: --limit.")


@notify.command("retry")
def retry(
    number: Annotated[int, typer.Argument(help="The id that `tolich notify list` shows.")],
    settings: SettingsFile = None,
) -> None:
    """Send a failed notification once more, under the key it had; the monitor does it."""
    with refusing():
        place = _place(settings)
        with writing(place.engine).begin() as connection:
            found = again(connection, number, wall())
        if not found:
            said = "there is no failed notification with this id: see `tolich notify list`"
            raise Refused([Problem("command line", str(number), said)])
    out.print(f"Notification {number} is due again.")


def _known(option: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        said = f"{given!r} is not known{meant(given, known)}"
        raise Refused([Problem("command line", option, said)])


def _place(settings: Path | None) -> Place:
    loaded = load_settings(settings)
    if loaded.store is None and not (loaded.data / "evidence.db").is_file():
        said = "there is no store in this folder"
        raise Refused([Problem(str(loaded.data), "evidence.db", said)])
    place = Place(loaded, real_clock())
    prepare(place)
    return place
