"""Regulations and permits as the API shows them."""

from __future__ import annotations

from rules.ladder import Ladder
from rules.permit import Permit, Regulations, limit_for
from rules.register import Register
from rules.regulation import Fact, RegulatedParameter, Regulation
from tolich.ports import Shape
from tolich.store.shapes import limit_shape, number


def regulation_shape(of: Regulation, *, tables: bool) -> Shape:
    """A pack: what it is, how much of it is known, and (with `tables`) every number."""
    shape: Shape = {
        "id": of.id,
        "version": of.version,
        "digest": of.digest,
        "title": {"vi": of.title_vi, "en": of.title_en},
        "instrument": _fact(of.instrument),
        "issued": None if of.issued is None else of.issued.isoformat(),
        "effective": None if of.effective is None else of.effective.isoformat(),
        "until": None if of.until is None else of.until.isoformat(),
        "periods": [
            {"name": one.name, "seconds": one.length, "words": {"vi": one.vi, "en": one.en}}
            for one in of.periods
        ],
        "columns": {name: _fact(fact) for name, fact in of.columns.items()},
        "factors": list(of.factors),
        "loaded": of.loaded,
        "parameter_count": len(of.parameters),
    }
    if tables:
        shape["facts"] = {name: _fact(fact) for name, fact in of.facts.items()}
        shape["parameters"] = [_row(row) for row in of.parameters.values()]
    return shape


def _fact(fact: Fact) -> Shape:
    return {
        "text": fact.text,
        "verification": str(fact.verification),
        "sources": list(fact.sources),
        "note": fact.note,
    }


def _row(row: RegulatedParameter) -> Shape:
    return {
        "key": row.key,
        "number": row.number,
        "name": {"vi": row.name_vi, "en": row.name_en},
        "symbol": row.symbol,
        "unit": row.unit,
        "note": row.note,
        "columns": {
            name: {
                "low": number(limit.low),
                "high": number(limit.high),
                "verification": str(limit.verification),
                "decides": limit.verification.decides,
                "sources": list(limit.sources),
            }
            for name, limit in row.columns.items()
        },
    }


def _ladder(of: Ladder) -> Shape:
    return {
        "near": number(of.near),
        "near_clear": number(of.near_clear),
        "hold": of.hold,
        "clear": of.clear,
        "remind": of.remind,
    }


def paper_shape(permit: Permit) -> Shape:
    """Which paper a permit is, from when to when it binds, and what of it nobody typed."""
    return {
        "id": permit.id,
        "document": permit.document,
        "number": permit.number,
        "date": permit.dated.isoformat(),
        "page": permit.page,
        "from": permit.since.isoformat(),
        "until": None if permit.until is None else permit.until.isoformat(),
        "unverified_defaults": list(permit.defaults),
    }


def permit_shape(permit: Permit, register: Register, known: Regulations, said: list[str]) -> Shape:
    """A permit with the limits it sets for each series of its plant, and what to know of it."""
    stations = [s for s in register.stations.values() if s.plant == permit.plant]
    parameters = {key: entry.parameter for s in stations for key, entry in s.judged().items()}
    named = permit.by_regulation
    return {
        **paper_shape(permit),
        "plant": permit.plant,
        "cluster": register.plants[permit.plant].cluster,
        "regulation": None if named is None else {"id": named.regulation, "column": named.column},
        "basis": permit.basis,
        "completeness": number(permit.completeness),
        "ladder": {key: _ladder(permit.ladder_for(key)) for key in parameters},
        "limits": {
            key: limit_shape(limit_for(permit, parameter, known))
            for key, parameter in parameters.items()
        },
        "warnings": said,
    }
