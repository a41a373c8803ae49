"""Signs of life for whoever runs this: alive, ready, and the numbers."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.responses import Response

from api.jsonbody import Json
from api.problems import Trouble, described
from api.shapes import Alive, Health
from api.view import Within

router = APIRouter(tags=["health"])


@router.get(
    "/healthz",
    summary="The process is alive",
    response_model=Alive,
    responses=described(),
)
async def healthz() -> Json:
    """Answers as long as the process does; says nothing about the store."""
    return Json({"status": "alive"})


@router.get(
    "/readyz",
    summary="Ready to be relied on",
    response_model=Health,
    responses=described("not-ready"),
)
def readyz(seams: Within) -> Json:
    """Green when the writer lives and the store is sound; 503 with the reasons otherwise."""
    health = seams.health()
    if health["status"] != "green":
        reasons = list(health["reasons"])
        raise Trouble("not-ready", "; ".join(reasons), {"reasons": reasons, "health": health})
    return Json(health)


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "The text format of Prometheus.",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": "tolich_readings_total 288000.0\n",
                }
            },
        },
        **described(),
    },
)
def metrics(seams: Within) -> Response:
    """Counters of the writer and the store."""
    return Response(seams.metrics(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
