"""The faults in force for one served portal, and what they do to each request."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from random import Random
from threading import RLock
from typing import TYPE_CHECKING

from hubspot_sandbox.faults.connections import Connections
from hubspot_sandbox.faults.outcome import Outcome, StruckRequest
from hubspot_sandbox.faults.spec import Complaint, FaultsInvalid, Spec, spec_of, within
from hubspot_sandbox.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from starlette.responses import Response

    from hubspot_sandbox.access import Access
    from hubspot_sandbox.faults.outcome import Handler
    from hubspot_sandbox.json_views import Answer, Json
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.routes.call import Call


class Fault:
    """One fault in force. `calls` counts the requests that fitted it, `strikes` those it struck."""

    def __init__(self, number: int, spec: Spec) -> None:
        self.id = str(number)
        self.spec = spec
        self.calls = 0
        self.strikes = 0
        self._chance = Random(spec.when.seed)  # noqa: S311 - faults are to be repeatable
        self.random = Random(f"{spec.when.seed} rows")  # noqa: S311

    def struck(self, kind: str, method: str, path: str, now_ms: int) -> Outcome | None:
        """What it does to this request, which it counts."""
        if not self.spec.when.fits(kind, method, path, now_ms):
            return None
        self.calls += 1
        if not self.spec.when.chooses(self.calls, self.strikes, self._chance):
            return None
        self.strikes += 1
        return self.spec.outcome(self.strikes - 1)

    @property
    def outcomes(self) -> list[Outcome]:
        """All that it may do."""
        return [outcome for outcome in self.spec.script if outcome is not None]

    def as_json(self) -> Json:
        """What was written of it, with its id and its counts."""
        return {"id": self.id, **self.spec.written, "calls": self.calls, "strikes": self.strikes}


class Strike:
    """Everything that goes wrong with one request."""

    def __init__(self, outcomes: list[tuple[Outcome, StruckRequest]]) -> None:
        self._outcomes = outcomes

    def happen(self) -> None:
        """Before the request is looked at. What HubSpot would not let an admin do is not done."""
        for outcome, struck in self._outcomes:
            with suppress(Refused):
                outcome.happen(struck)

    def around(self, call: Call, handler: Handler) -> Answer:
        """The work, or what is done instead. May raise `Refused`."""
        for outcome, struck in reversed(self._outcomes):
            handler = _inside(outcome, struck, handler)
        return handler(call)

    def outgoing(self, response: Response) -> Response:
        """What goes out in place of the answer."""
        inner_first = self._outcomes[::-1]
        for outcome, struck in sorted(inner_first, key=lambda pair: pair[0].layer):
            response = outcome.outgoing(struck, response)
        return response

    @property
    def fate(self) -> str:
        """What kept the answer from the client; empty when it got it."""
        return next((struck.fate for _, struck in self._outcomes if struck.fate), "")


NO_STRIKE = Strike([])


def _inside(outcome: Outcome, struck: StruckRequest, handler: Handler) -> Handler:
    return lambda call: outcome.around(struck, call, handler)


class Faults:
    """Faults by id, in the order they were added. Safe to use from several threads."""

    def __init__(self, portal: Portal, access: Access) -> None:
        self.connections = Connections()
        self._portal = portal
        self._access = access
        self._lock = RLock()
        self._last = 0
        self._faults: dict[str, Fault] = {}

    def add(self, fault: str | None = None, **keys: object) -> Fault:
        """Put a fault in force, in the words of a file: `add("server_error", status=502, route="batch_*", nth=2)`.

        A script comes without a name: `add(script=["ok", "reset"])`. Raises `FaultsInvalid`.
        """
        return self.add_all([keys if fault is None else {"fault": fault, **keys}])[0]

    def add_all(self, written: list[Mapping[str, object]]) -> list[Fault]:
        """Put several in force, or none of them. Raises `FaultsInvalid` with all that is wrong."""
        specs: list[Spec] = []
        wrong: list[Complaint] = []
        for at, fault in enumerate(written):
            try:
                specs.append(spec_of(fault))
            except FaultsInvalid as invalid:
                wrong += [within(complaint, at) if len(written) > 1 else complaint for complaint in invalid.complaints]
        if wrong:
            raise FaultsInvalid(wrong)
        return self.put(specs)

    def add_file(self, path: Path) -> list[Fault]:
        """Put those of a YAML or JSON file in force. Raises `FaultsInvalid`, OSError."""
        from hubspot_sandbox.faults.file import faults_of  # a YAML reader takes a while to load

        return self.put(faults_of(path))

    def put(self, specs: Iterable[Spec]) -> list[Fault]:
        """Put faults in force that have been checked."""
        return [self._put(spec) for spec in specs]

    @contextmanager
    def during(self, fault: str | None = None, **keys: object) -> Iterator[Fault]:
        """Have a fault in force for the length of a block."""
        added = self.add(fault, **keys)
        try:
            yield added
        finally:
            self.remove(added.id)

    def remove(self, fault_id: str) -> bool:
        """Take one out of force; False when there is none of that id."""
        with self._portal.lock, self._lock:
            removed = self._faults.pop(fault_id, None)
            for outcome in removed.outcomes if removed else ():
                outcome.disarm(self._portal)
        return removed is not None

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        for fault in self.listed():
            self.remove(fault.id)

    def listed(self) -> list[Fault]:
        """Those in force."""
        with self._lock:
            return list(self._faults.values())

    def strike(self, kind: str, method: str, path: str, authorization: str) -> Strike:
        """What goes wrong with a request. Whoever asks holds the portal's lock."""
        if not self._faults:
            return NO_STRIKE
        now_ms = self._portal.clock.now_ms()
        token = authorization.partition(" ")[2].strip()
        outcomes: list[tuple[Outcome, StruckRequest]] = []
        for fault in self.listed():
            outcome = fault.struck(kind, method, path, now_ms)
            if outcome is not None:
                seed = fault.spec.when.seed
                struck = StruckRequest(
                    self._portal, self._access, self.connections, fault.random, seed, token, kind, method
                )
                outcomes.append((outcome, struck))
        return Strike(outcomes)

    def _put(self, spec: Spec) -> Fault:
        with self._portal.lock, self._lock:
            self._last += 1
            added = self._faults[str(self._last)] = Fault(self._last, spec)
            for outcome in added.outcomes:
                outcome.arm(self._portal)
        return added
