"""Regulations and permits."""

from __future__ import annotations

from rules.permit import warnings
from rules.register import unmeasured
from tolich.ports import Page, Scope, Shape
from tolich.store.cursors import decode, encode
from tolich.store.lawshapes import permit_shape, regulation_shape
from tolich.store.reads.scoped import Scoped


class LawReads(Scoped):
    """What is loaded of the law, and what binds each plant."""

    def regulations(self) -> list[Shape]:
        """Every regulation pack, without its tables."""
        known = self._registry().regulations
        return [regulation_shape(known[key], tables=False) for key in sorted(known)]

    def regulation(self, regulation: str) -> Shape | None:
        """One regulation pack with its tables."""
        found = self._registry().regulations.get(regulation)
        return None if found is None else regulation_shape(found, tables=True)

    def permits(self, scope: Scope, cursor: str | None, limit: int) -> Page:
        """Permits by id, with the limits they set and what an officer should know."""
        registered = self._registry()
        register = registered.register
        plants = {register.stations[s].plant for s in self._visible(scope)}
        after = str(decode(cursor, "permits", str)[0]) if cursor else ""
        seen = sorted(k for k, p in register.permits.items() if p.plant in plants and k > after)
        shapes = []
        for key in seen[:limit]:
            permit = register.permits[key]
            province = register.clusters[register.plants[permit.plant].cluster].province
            said = warnings(permit, province, self._catalogue, registered.regulations)
            said += unmeasured(permit, register)
            shapes.append(permit_shape(permit, register, registered.regulations, said))
        return Page(shapes, encode("permits", seen[limit - 1]) if len(seen) > limit else None)
