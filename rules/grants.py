"""Whose plants an account sees: what it was given, read against the register of the moment."""

from __future__ import annotations

from dataclasses import dataclass

from rules.register import Register
from rules.roles import Role

_CITY = frozenset({Role.CITY_OFFICER, Role.TRADE_OFFICER, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Grants:
    """Whose plants an account was given, by id; a ward by its name in the register."""

    wards: frozenset[str] = frozenset()
    clusters: frozenset[str] = frozenset()
    plants: frozenset[str] = frozenset()
    stations: frozenset[str] = frozenset()  # whose readings a STATION account sends


def plants_seen(role: Role, grants: Grants, register: Register) -> frozenset[str] | None:
    """The plants an account may see; None: all of them, those yet to come too."""
    if role in _CITY:
        return None
    if role is Role.STATION:
        return frozenset()
    clusters = grants.clusters | {
        cluster.id for cluster in register.clusters.values() if cluster.ward in grants.wards
    }
    of_clusters = {plant.id for plant in register.plants.values() if plant.cluster in clusters}
    return frozenset(of_clusters | grants.plants)
