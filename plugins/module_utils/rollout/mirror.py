# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A local copy of one list of objects: listed once, updated by a watch, and relisted periodically.

The watch only speeds up updates. The list is authoritative: it is read again whenever the watch cannot be trusted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..kubernetes.client import FIRST_PAUSE, LONGEST_PAUSE, Api
from ..kubernetes.clock import EventClock, Stopped
from ..kubernetes.objects import metadata, uid
from ..kubernetes.problems import ApiProblem, Gone

Trim = Callable[[Mapping[str, Any]], dict[str, Any]]


def version_of(thing: Mapping[str, Any]) -> int:
    """The resource version as a number, comparable within one resource; 0 if it is not numeric."""
    text = str(metadata(thing).get("resourceVersion") or "")
    return int(text) if text.isdigit() else 0


class Mirror:
    """``query`` narrows the list; ``trim`` selects which parts of each object to keep."""

    def __init__(self, api: Api, bell: EventClock, path: str, trim: Trim, **query: str) -> None:
        self._api, self._notifier, self._path, self._trim, self._query = api, bell, path, trim, query
        self._lock = threading.Lock()
        self._things: dict[str, dict[str, Any]] = {}
        self._version = ""
        self._floor = 0
        self._ended = threading.Event()
        self._stale = threading.Event()
        self.problem: ApiProblem | None = None
        self.relists = 0
        self.heard = 0

    def things(self) -> list[dict[str, Any]]:
        """The current objects. Raises the problem that ended the watch, if any."""
        if self.problem is not None:
            raise self.problem
        with self._lock:
            return list(self._things.values())

    def read(self) -> None:
        """Read the whole list. Keep newer objects that the watch delivered in the meantime."""
        listing = self._api.list(self._path, **self._query)
        self.relists += 1
        with self._lock:
            floor = int(listing.version) if listing.version.isdigit() else 0
            if floor and self._version.isdigit() and floor < int(self._version):
                return  # a different API server, whose cache lags behind what we have already seen
            fresh = {uid(found): self._trim(found) for found in listing.items}
            fresh |= {key: known for key, known in self._things.items() if version_of(known) > floor > 0}
            changed = fresh != self._things
            self._things, self._version, self._floor = fresh, listing.version, floor
        if changed:
            self._notifier.notify()

    def behind(self, version: int) -> bool:
        """Whether neither the list nor the watch has reached this version yet."""
        return version > max(self._floor, self.heard)

    def follow(self) -> None:
        """Start watching in a background thread."""
        threading.Thread(target=self._follow, name=f"watch {self._path}", daemon=True).start()

    def end(self) -> None:
        self._ended.set()

    def _follow(self) -> None:
        pause = FIRST_PAUSE
        while not self._ended.is_set():
            try:
                if self._watch_once():
                    pause = FIRST_PAUSE
                    continue
                self._api.clock.pause(pause)
            except Gone:
                pause = self._again(pause)
            except Stopped:
                return
            except ApiProblem as problem:
                self.problem = problem
                self._notifier.notify()
                return
            pause = min(LONGEST_PAUSE, pause * 2)

    def _again(self, pause: float) -> float:
        """Relist when the watch cannot resume from its last version. Pauses first to spare the API server."""
        try:
            self._api.clock.pause(pause)
            self.read()
        except Stopped:
            self._ended.set()
        except ApiProblem as problem:
            self.problem = problem
            self._ended.set()
            self._notifier.notify()
        return pause

    def _watch_once(self) -> bool:
        """Run one watch to its end. Return whether it delivered any event."""
        reported = False
        for event in self._api.watch(self._path, self._version, **self._query):
            if self._ended.is_set():
                return False
            reported = True
            self.heard = max(self.heard, version_of(event.get("object") or {}))
            self.take(event)
        return reported

    def take(self, event: Mapping[str, Any]) -> None:
        """Apply one event. Events may arrive twice or late: ignore any older than the known state."""
        thing = event.get("object") or {}
        version = version_of(thing)
        with self._lock:
            if version and self._version.isdigit() and version > int(self._version):
                self._version = str(version)
            if event.get("type") == "BOOKMARK":
                return
            if 0 < version <= self._floor:
                return
            known = self._things.get(uid(thing))
            if known is not None and version_of(known) > version > 0:
                return
            if event.get("type") == "DELETED":
                self._things.pop(uid(thing), None)
            else:
                self._things[uid(thing)] = self._trim(thing)
        self._notifier.notify()
