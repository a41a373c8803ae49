"""`python -m tolich.evidence BUNDLE`: verifies it with this package and cryptography alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tolich.evidence.bundle import verify_bundle
from tolich.evidence.checkpoint import from_json, key_name
from tolich.evidence.keys import read_public
from tolich.evidence.links import Broken


def main() -> None:
    """Verify and say what was shown; status 1 and the reason when something was changed."""
    asked = argparse.ArgumentParser(prog="python -m tolich.evidence")
    asked.add_argument("bundle", type=Path)
    asked.add_argument("--key", type=Path, action="append", default=[], help="public key, PEM")
    asked.add_argument(
        "--checkpoint", type=Path, action="append", default=[], help="kept elsewhere"
    )
    given = asked.parse_args()
    try:
        outside = [from_json(str(one), one.read_bytes()) for one in given.checkpoint]
        keys = [read_public(one) for one in given.key]
        shown = verify_bundle(given.bundle.read_bytes(), outside, keys)
    except Broken as broken:
        raise SystemExit(f"Broken: {broken}") from broken
    sys.stdout.write(
        f"alert {shown.alert}: {shown.rows} rows and {shown.messages} messages, "
        f"signed by key {key_name(shown.public)}\n"
    )


if __name__ == "__main__":
    main()
