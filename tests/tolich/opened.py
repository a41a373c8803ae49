"""Files as other programs read them: LibreOffice for XLSX, pdftotext for PDF."""

from __future__ import annotations

import csv
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.servers import need

_SECONDS = 180.0
# Comma, double quote, UTF-8, from the first row; cells as shown; every sheet a file.
_AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"

Sheet = list[list[str]]


def _converted(files: Iterable[Path], kind: str, folder: Path) -> Path:
    """Files as LibreOffice writes them in another kind, in a new folder."""
    made = folder / kind.partition(":")[0]
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [need("soffice"), profile, "--headless", "--convert-to", kind, "--outdir", str(made)]
    subprocess.run([*command, *map(str, files)], capture_output=True, timeout=_SECONDS, check=True)
    return made


def sheets(files: Mapping[str, Path], folder: Path) -> dict[str, dict[str, Sheet]]:
    """The sheets of XLSX files by the file's key and the sheet's name, cells as text."""
    made = _converted(files.values(), _AS_CSV, folder)
    found: dict[str, dict[str, Sheet]] = {}
    for key, file in files.items():
        for path in made.glob(f"{file.stem}-*.csv"):
            with path.open(encoding="utf-8", newline="") as text:
                sheet = path.stem.removeprefix(f"{file.stem}-")
                found.setdefault(key, {})[sheet] = list(csv.reader(text))
    return found


def printed(files: Mapping[str, Path], folder: Path) -> dict[str, list[str]]:
    """The pages that LibreOffice would print of XLSX files, as text."""
    made = _converted(files.values(), "pdf", folder)
    return {key: page_texts(made / f"{file.stem}.pdf") for key, file in files.items()}


def page_texts(file: Path) -> list[str]:
    """The pages of a PDF as text, laid out as on paper."""
    command = [need("pdftotext"), "-layout", "-enc", "UTF-8", str(file), "-"]
    done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
    *pages, after = done.stdout.decode().split("\f")
    assert not after.strip()
    return pages


def word_spans(file: Path) -> list[tuple[str, float, float]]:
    """The words of a PDF, each with where it begins and ends across its page, in points."""
    command = [need("pdftotext"), "-bbox", str(file), "-"]
    done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
    found = re.findall(r'<word xMin="(.*?)".*?xMax="(.*?)".*?>(.*?)</word>', done.stdout.decode())
    return [(word, float(begin), float(end)) for begin, end, word in found]


def rows_below(sheet: Sheet, first: str) -> list[dict[str, str]]:
    """The rows of a table by the names of its columns; its header begins with a name."""
    (place,) = [row for row, cells in enumerate(sheet) if cells and cells[0] == first]
    names, found = sheet[place], []
    for cells in sheet[place + 1 :]:
        if not any(cells[1:]):  # the footer
            break
        found.append(dict(zip(names, cells, strict=True)))
    return found
