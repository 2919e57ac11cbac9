"""Serving the ledger to a browser of this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

import uvicorn

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.inspection.browse.application import application

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

HOST: Final = "127.0.0.1"


def serve(path: Path, db: sqlite3.Connection, port: int, announce: Callable[[str], None]) -> None:
    """`announce` is told the address once it can be asked. Raises UsageProblem for a port that is taken; 0 is any free
    one."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen()
        except OSError as error:
            raise UsageProblem(
                f"cannot listen on port {port}: {error.strerror}", remedy="choose another --port"
            ) from None
        served = application(path, db)
        asyncio.run(served.invoke_startup())
        config = uvicorn.Config(served.app(), lifespan="on", log_level="warning", access_log=False, server_header=False)
        announce(f"http://{HOST}:{listening.getsockname()[1]}/")
        uvicorn.Server(config).run(sockets=[listening])
