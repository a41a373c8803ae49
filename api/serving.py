"""Serving the application with uvicorn, so that it also stops."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn
from fastapi import FastAPI

from api.console.live import Watch
from api.live import Hub

GRACE = 5  # seconds that requests under way have to finish


class Server(uvicorn.Server):
    """uvicorn, ending live streams first: it would otherwise wait for clients to leave."""

    def __init__(self, app: FastAPI, host: str, port: int, **options: Any) -> None:
        options = {"log_config": None, "timeout_graceful_shutdown": GRACE, **options}
        super().__init__(uvicorn.Config(app, host=host, port=port, **options))
        self._hub: Hub = app.state.hub
        self._watch: Watch = app.state.watch

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking requests, end the streams, finish the rest."""
        self._hub.close()
        self._watch.close()
        await super().shutdown(sockets)
