"""Findings, and why they are what they are."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import WHY, Accept, Lang, explained, found, listed
from api.asking import FindingId, Findings, Pages, Revision, restored
from api.auth import needs
from api.decided import RevisionPage
from api.explained import Why
from api.jsonbody import Json
from api.problems import absent, errors
from api.shapes import Finding, FindingPage
from api.view import Seen
from rules.roles import Right

router = APIRouter(tags=["findings"], dependencies=[needs(Right.READ)])


@router.get(
    "/findings",
    summary="Findings, newest first",
    response_model=FindingPage,
    responses=errors("invalid-request", "bad-cursor", "bad-time", "bad-interval"),
)
def findings(view: Seen, query: Findings, paging: Pages) -> Json:
    """Current revisions, or with `as_of` those that were current at that time.

    `from` and `to` bound the start of the period.
    """
    return listed(view.findings(query, paging))


@router.get(
    "/findings/{id}",
    summary="One finding",
    response_model=Finding,
    responses=errors("not-found", "invalid-request"),
)
def finding(view: Seen, id: FindingId, revision: Revision = None) -> Json:  # noqa: A002
    """The current revision, or an earlier one."""
    return found(view.finding(restored(id), revision), "finding", id)


@router.get(
    "/findings/{id}/revisions",
    summary="Every revision of a finding, oldest first",
    response_model=RevisionPage,
    responses=errors("not-found", "invalid-request"),
)
def revisions(view: Seen, id: FindingId) -> Json:  # noqa: A002
    """What changed with each revision, and what lay behind it: readings, an amendment, time."""
    page = view.revisions(restored(id))
    if page is None:
        raise absent("finding on record", id)
    return listed(page)


@router.get(
    "/findings/{id}/why",
    summary="Why a finding is what it is",
    response_model=Why,
    responses=WHY | errors("not-found", "invalid-request"),
)
def finding_why(
    view: Seen,
    id: FindingId,  # noqa: A002
    revision: Revision = None,
    accept: Accept = "*/*",
    lang: Lang = "vi",
) -> Response:
    """Every reading with the reason it counted or not, the limit, the comparison, the versions.

    With `revision` from the readings and amendments that were on record at that revision.
    With `Accept: text/plain` the same as a page of text in the language of `lang`.
    """
    why = view.finding_why(restored(id), revision)
    return explained(why, "finding", id, accept, lang)
