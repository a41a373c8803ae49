"""`tolich export evidence`: the evidence of one alert as a bundle that proves itself elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from api.whytext import render
from api.words import Language
from ingest.decode import decode
from rules.days import rfc3339
from rules.model import Problem, Refused
from tolich.app import Place
from tolich.clock import StepClock
from tolich.commands.readme import README
from tolich.commands.serve import SettingsFile
from tolich.console import out, refusing
from tolich.evidence.bundle import ALERT, BATCHES, CHECKPOINTS, ENTRIES, PUBLIC, ROWS, as_file, seal
from tolich.evidence.checkpoint import as_json, key_name, public_of
from tolich.evidence.keys import key_file, pem, read_private
from tolich.pipeline import Taking
from tolich.ports import EVERYTHING, Shape
from tolich.settings import load_settings
from tolich.store.alerts import alert_key
from tolich.store.bundles import Evidence, collect, entries
from tolich.store.checkpoints import last_checkpoint, recorded, sign_record
from tolich.store.reads import StoreReads

LANGUAGES: tuple[Language, ...] = ("vi", "en")


def evidence(
    alert: Annotated[str, typer.Option(help="Id of the alert, as A12.")],
    to: Annotated[Path, typer.Option("--out", help="The bundle to write (ZIP).")],
    data: Annotated[Path | None, typer.Option(help="Data folder; default: the settings'.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Write the evidence of an alert as a bundle: report, rows, raw messages, proof.

    Whoever gets it runs `tolich verify FILE.zip` on any machine. What is on record is signed
    first, so the monitor may be running, and the key must be readable.
    """
    with refusing():
        loaded = load_settings(settings)
        if data is not None:
            loaded = loaded.model_copy(update={"data": data, "store": None})
        if loaded.store is None and not (loaded.data / "evidence.db").is_file():
            raise Refused(
                [Problem(str(loaded.data), "evidence.db", "there is no store in this folder")]
            )
        # Plant time stands still at the last entry: a look at a record must not push it forward.
        place = Place(loaded, StepClock(0))
        packed, summary = _bundle(place, alert)
        to.write_bytes(packed)
    place.engine.dispose()
    out.print(f"{to}: {summary}", markup=False, highlight=False, soft_wrap=True)


def _bundle(place: Place, alert: str) -> tuple[bytes, str]:
    key = read_private(key_file(place.settings.data))
    with place.engine.connect() as connection:
        now = recorded(connection)[1]
    place.clock = StepClock(now)
    taking = Taking(place.engine, decode, place.catalogue, place.registered(), place.clock)
    reads = place.reads(taking)
    why = reads.alert_why(EVERYTHING, alert)
    number = alert_key(alert)
    if why is None or number is None:
        raise Refused([Problem("command line", "--alert", f"there is no alert {alert}")])
    with place.engine.connect() as connection:
        found = collect(connection, number)
        last = last_checkpoint(connection)
    if last is None or last.upto < max(found.seqs()):
        sign_record(place.engine, key, now)
    with place.engine.connect() as connection:
        told, signed = entries(connection, found.seqs())
    public = public_of(key)
    files = _texts(reads, why, found) | _proof(found, told)
    files |= {f"{CHECKPOINTS}{one.file}": as_json(one) for one in signed}
    files[PUBLIC] = pem(public)
    for lang in LANGUAGES:
        files[f"README.{lang}.txt"] = (
            README[lang].format(alert=alert, key=key_name(public)).encode()
        )
    summary = f"{len(told)} entries, {len(found.payloads)} messages, key {key_name(public)}"
    return seal(files, alert, rfc3339(now), key), summary


def _proof(found: Evidence, told: list[Shape]) -> dict[str, bytes]:
    """What is verified: rows, batches, entries, and the bytes of messages."""
    rows = {
        kind: {str(seq): _plain(row) for seq, row in of.items()} for kind, of in found.rows.items()
    }
    batches = {str(seq): batch for seq, batch in found.batches.items()}
    return found.payloads | {
        ROWS: as_file(rows),
        BATCHES: as_file(batches),
        ENTRIES: as_file(told),
    }


def _plain(row: Mapping[str, object]) -> Shape:
    """A row as JSON holds it; the digest of a row spells bytes the same way."""
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}


def _texts(reads: StoreReads, why: Shape, found: Evidence) -> dict[str, bytes]:
    """What people read: the report of the alert, and why each of its findings is what it is."""
    files = {ALERT: as_file({"row": found.alert, "why": _readable(why)})}
    for lang in LANGUAGES:
        files[f"report.{lang}.txt"] = render(why, lang).encode()
    for number, name in enumerate(found.findings, start=1):
        of = reads.finding_why(EVERYTHING, name)
        if of is not None:
            files[f"findings/{number:03}.json"] = as_file(_readable(of))
            for lang in LANGUAGES:
                files[f"findings/{number:03}.{lang}.txt"] = render(of, lang).encode()
    return files


def _readable(shape: Shape) -> Shape:
    """A shape as the API spells it in JSON."""
    plain: Shape = json.loads(json.dumps(shape, default=str))
    return plain
