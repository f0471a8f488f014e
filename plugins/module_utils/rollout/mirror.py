# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A copy of one list of objects that follows the API: read once, then told by a watch, and read again now and then.

The watch is a hint that makes things fast. The list is the truth: it is read again whenever the watch cannot be trusted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..kubernetes.client import FIRST_PAUSE, LONGEST_PAUSE, Api
from ..kubernetes.clock import Bell, Stopped
from ..kubernetes.objects import metadata, uid
from ..kubernetes.problems import ApiProblem, Gone

Trim = Callable[[Mapping[str, Any]], dict[str, Any]]


def version_of(thing: Mapping[str, Any]) -> int:
    """Resource versions of one resource can be compared as numbers; 0 for what is none."""
    text = str(metadata(thing).get("resourceVersion") or "")
    return int(text) if text.isdigit() else 0


class Mirror:
    """``query`` narrows the list; ``trim`` says what is kept of each object."""

    def __init__(self, api: Api, bell: Bell, path: str, trim: Trim, **query: str) -> None:
        self._api, self._bell, self._path, self._trim, self._query = api, bell, path, trim, query
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
        """What is there now. Raises what made following impossible."""
        if self.problem is not None:
            raise self.problem
        with self._lock:
            return list(self._things.values())

    def read(self) -> None:
        """Read the whole list. What was heard in the meantime and is newer stays."""
        listing = self._api.list(self._path, **self._query)
        self.relists += 1
        with self._lock:
            floor = int(listing.version) if listing.version.isdigit() else 0
            if floor and self._version.isdigit() and floor < int(self._version):
                return  # another API server, whose cache lags behind what has been seen already
            fresh = {uid(found): self._trim(found) for found in listing.items}
            fresh |= {key: known for key, known in self._things.items() if version_of(known) > floor > 0}
            changed = fresh != self._things
            self._things, self._version, self._floor = fresh, listing.version, floor
        if changed:
            self._bell.ring()

    def behind(self, version: int) -> bool:
        """Whether neither the list nor the watch has told of this version yet."""
        return version > max(self._floor, self.heard)

    def follow(self) -> None:
        """Watch from now on, in the background."""
        threading.Thread(target=self._follow, name=f"watch {self._path}", daemon=True).start()

    def end(self) -> None:
        self._ended.set()

    def _follow(self) -> None:
        pause = FIRST_PAUSE
        while not self._ended.is_set():
            try:
                if self._hear():
                    pause = FIRST_PAUSE
                    continue
                self._api.clock.pause(pause)
            except Gone:
                pause = self._again(pause)
            except Stopped:
                return
            except ApiProblem as problem:
                self.problem = problem
                self._bell.ring()
                return
            pause = min(LONGEST_PAUSE, pause * 2)

    def _again(self, pause: float) -> float:
        """The watch cannot go on from where it was: read everything, not faster than the API can bear."""
        try:
            self._api.clock.pause(pause)
            self.read()
        except Stopped:
            self._ended.set()
        except ApiProblem as problem:
            self.problem = problem
            self._ended.set()
            self._bell.ring()
        return pause

    def _hear(self) -> bool:
        """One watch, to its end. Whether it told anything."""
        told = False
        for event in self._api.watch(self._path, self._version, **self._query):
            if self._ended.is_set():
                return False
            told = True
            self.heard = max(self.heard, version_of(event.get("object") or {}))
            self.take(event)
        return told

    def take(self, event: Mapping[str, Any]) -> None:
        """One event. Events may come twice and late: what is older than what is known changes nothing."""
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
        self._bell.ring()
