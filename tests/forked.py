"""`sla` without its start: a process that has imported everything forks for each command.

A command that starts anew spends half a second of a core on imports; a document has dozens of commands. What a start
itself shows is shown elsewhere: tests/cli starts processes, and `make packaging` an installed wheel.

`python -m forked SOCKET` serves; what a shell calls is CLIENT, written as a file named `sla`. It hands over its
arguments, its environment, its folder and its three files, passes signals on, and ends with the code of the command.
"""

from __future__ import annotations

import array
import gc
import io
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT = """\
#!{python} -ISE
import array, json, os, signal, socket, sys
passed = (signal.SIGTERM, signal.SIGINT)
signal.pthread_sigmask(signal.SIG_BLOCK, passed)
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode("utf-8", "surrogateescape")
server.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
server.sendall(asked)
server.shutdown(socket.SHUT_WR)
answers = server.makefile()
process = int(answers.readline())
for one in passed:
    signal.signal(one, lambda number, _: os.kill(process, number))
signal.pthread_sigmask(signal.SIG_UNBLOCK, passed)
sys.exit(int(answers.readline()))
"""
PACKAGES = ("hubspot_sla", "hubspot_sandbox")
NOT_IMPORTED = (".starter", ".__main__")


@contextmanager
def forking(folder: Path) -> Iterator[Path]:
    """A folder for the front of PATH, with `sla` in it."""
    address = folder / "forked.socket"
    command = [sys.executable, "-m", "forked", str(address)]
    with subprocess.Popen(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            (folder / "sla").write_text(CLIENT.format(python=sys.executable, address=str(address)), encoding="utf-8")
            (folder / "sla").chmod(0o700)
            yield folder
        finally:
            server.kill()


def serve(address: str) -> None:
    """Returns in the process of a command, which then carries it out."""
    for name in _modules():
        import_module(name)
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("ready", flush=True)  # noqa: T201
        while True:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            client, _ = listening.accept()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if os.fork() == 0 and _in_a_process_of_its_own(client):
                return
            client.close()


def _modules() -> Iterator[str]:
    for package in PACKAGES:
        folder = import_module(package).__path__
        for found in pkgutil.walk_packages(folder, f"{package}."):
            if not any(part in found.name for part in NOT_IMPORTED):
                yield found.name


def _in_a_process_of_its_own(client: socket.socket) -> bool:
    """True in the command's own process; the one that waits for it never returns."""
    _, files, _, _ = client.recvmsg(1, socket.CMSG_SPACE(3 * array.array("i").itemsize))
    given = array.array("i", files[0][2])
    with client.makefile("rb") as asked:
        arguments, folder, environment = json.loads(asked.read())
    if process := os.fork():
        client.sendall(f"{process}\n".encode())
        _, status = os.waitpid(process, 0)
        ended = os.waitstatus_to_exitcode(status)
        with suppress(OSError):  # nobody waits any more
            client.sendall(f"{ended if ended >= 0 else 128 - ended}\n".encode())
        os._exit(0)
    client.close()
    for number, file in enumerate(given):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["sla", *arguments]
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = _printing(1, "strict"), _printing(2, "backslashreplace")
    return True


def _printing(number: int, errors: str) -> io.TextIOWrapper:
    at_once = bool(os.environ.get("PYTHONUNBUFFERED"))
    return io.TextIOWrapper(
        os.fdopen(number, "wb", 0 if at_once else -1, closefd=False),
        "utf-8",
        errors,
        line_buffering=number == 2 or os.isatty(number),
        write_through=at_once,
    )


if __name__ == "__main__":
    serve(sys.argv[1])
    import_module("hubspot_sla.cli.main").main()
