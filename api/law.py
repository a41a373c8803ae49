"""Regulations and permits."""

from __future__ import annotations

from fastapi import APIRouter

from api.answers import found, listed
from api.asking import Pages
from api.auth import needs
from api.jsonbody import Json
from api.problems import errors
from api.shapes import PermitPage, Regulation, RegulationPage
from api.view import Seen
from rules.roles import Right

router = APIRouter(tags=["law"], dependencies=[needs(Right.READ)])


@router.get(
    "/regulations",
    summary="Regulations by id, without their tables",
    response_model=RegulationPage,
    responses=errors("invalid-request", "bad-cursor"),
)
def regulations(view: Seen, paging: Pages) -> Json:
    """What is known of each regulation, and whether it may decide anything."""
    return listed(view.regulations(paging))


@router.get(
    "/regulations/{id:path}",
    summary="One regulation with its tables",
    response_model=Regulation,
    responses=errors("not-found", "invalid-request"),
)
def regulation(view: Seen, id: str) -> Json:  # noqa: A002 - the name in the contract
    """Every number with its verification and its sources. Ids hold spaces, colons and slashes."""
    return found(view.regulation(id), "regulation", id)


@router.get(
    "/permits",
    summary="Permits by id, with the limits they set",
    response_model=PermitPage,
    responses=errors("invalid-request", "bad-cursor"),
)
def permits(view: Seen, paging: Pages) -> Json:
    """What binds each plant, where each limit comes from, and what to know before relying on it."""
    return listed(view.permits(paging))
