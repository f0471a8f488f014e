# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kubernetes API calls that survive what happens during a rollout: API server restarts, lost connections, rate limits, expired tokens.

Uses urllib3, which boto3 installs anyway, instead of the Kubernetes client. This code needs a timeout on every read, control over 401,
410 and 429 responses, and resumable watches. That client has no default timeouts and abandons a watch when it receives a 410.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

with contextlib.suppress(ImportError):  # the module reports missing packages
    import urllib3

from .access import Access
from .clock import Clock
from .problems import ApiProblem, Conflict, Forbidden, Gone, NotFound, Refused, Unauthorized, Unreachable

PAGE = 500
CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
WATCH_SECONDS = 50
"""The API server ends a watch after this long. The client drops a dead but open connection shortly afterwards."""

PATCHES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",  # JSON is valid YAML
}
PASSING = (429, 500, 502, 503, 504)
NOT_IN_SCHEMA = "failed to create typed patch object"
"""A server-side apply with a field that the kind does not have. The API calls it an internal error (HTTP 500)."""

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
VERBS = {"GET": "get", "POST": "create", "PATCH": "patch", "DELETE": "delete", "PUT": "update"}

Query = Mapping[str, Any]


@dataclass
class Counters:
    """Counts API calls and retries for the module's result."""

    calls: int = 0
    retries: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, *, retry: bool) -> None:
        with self.lock:
            self.calls += 1
            self.retries += retry


@dataclass(frozen=True)
class Listing:
    items: list[dict[str, Any]]
    version: str


class Api:
    """One cluster. Safe to share between threads."""

    def __init__(self, access: Access, clock: Clock, deadline: float) -> None:
        """``deadline``: retry transient failures until this time on ``clock``."""
        self.clock = clock
        self.deadline = deadline
        self.counters = Counters()
        self.last_answer = clock.now()
        self._access = access
        self._pool = access.pool(urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS))
        self._server_time: tuple[datetime, float] | None = None

    @property
    def access(self) -> Access:
        return self._access

    def get(self, path: str, *, accept: str = "application/json", **query: Any) -> dict[str, Any]:
        return self._json("GET", path, query, accept=accept)

    def text(self, path: str, **query: Any) -> str:
        """Return a response body that is not JSON, such as a log."""
        return self._call("GET", path, query, accept="*/*").data.decode(errors="replace")

    def list(self, path: str, **query: Any) -> Listing:
        """Return all pages. If a continue token expires between pages, restart the list."""
        while True:
            try:
                return self._pages(path, query)
            except Gone:
                self._pause(FIRST_PAUSE, None, path)

    def _pages(self, path: str, query: Query) -> Listing:
        items: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            page = self.get(path, **query, limit=PAGE, **more)
            items.extend(page.get("items") or ())
            token = str(page["metadata"].get("continue") or "")
            if not token:
                return Listing(items, str(page["metadata"].get("resourceVersion") or ""))
            more = {"continue": token}

    def create(self, path: str, body: Mapping[str, Any], **query: Any) -> dict[str, Any]:
        return self._json("POST", path, query, body=body)

    def patch(self, path: str, body: Any, *, kind: str = "merge", **query: Any) -> dict[str, Any]:
        return self._json("PATCH", path, query, body=body, media=PATCHES[kind])

    def delete(self, path: str, body: Mapping[str, Any]) -> None:
        self._call("DELETE", path, {}, body=body)

    def watch(self, path: str, version: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield events since ``version`` until the stream ends or the connection fails. Raises Gone when the caller has to relist."""
        asked = {**query, "watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true", "timeoutSeconds": WATCH_SECONDS}
        response = self._call("GET", path, asked, stream=True)
        try:
            yield from _events(response)
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            return  # the next watch requests missed events again, starting at the last version received
        finally:
            response.close()

    def _json(self, method: str, path: str, query: Query, **more: Any) -> dict[str, Any]:
        """Retry when a response body is truncated, as for any other broken connection."""
        pause = FIRST_PAUSE
        while True:
            response = self._call(method, path, query, **more)
            try:
                return dict(json.loads(response.data))
            except ValueError:
                self._pause(pause, None, "its response was cut off")
            pause = min(LONGEST_PAUSE, pause * 2)

    def is_final(self, status: int, text: str) -> bool:
        """Whether retrying within this call cannot help."""
        return status not in PASSING or NOT_IN_SCHEMA in text

    def server_now(self) -> datetime:
        """The API server's time, advanced by the local monotonic clock."""
        if self._server_time is None:
            return datetime.now(UTC)
        reported, then = self._server_time
        return reported + timedelta(seconds=self.clock.now() - then)

    def _call(
        self,
        method: str,
        path: str,
        query: Query,
        *,
        body: Any = None,
        media: str = "application/json",
        accept: str = "application/json",
        stream: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """Make one call and retry it on transient failures. Renew rejected credentials once."""
        url = path + ("?" + urlencode(query) if query else "")
        renewed = False
        pause = FIRST_PAUSE
        while True:
            self.counters.count(retry=pause > FIRST_PAUSE)
            try:
                response = self._once(method, url, body, media, accept, stream, renewed)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                self._access.check_final(error)
                self._pause(pause, None, describe(error))
            else:
                if response.status < 400:
                    return response
                text = _message(response)
                if response.status == 401 and not renewed and self._access.can_renew():
                    renewed = True
                    continue
                if self.is_final(response.status, text):
                    raise _problem(response.status, method, path, text)
                self._pause(pause, response.headers.get("Retry-After"), f"HTTP {response.status}: {text}")
            pause = min(LONGEST_PAUSE, pause * 2)

    def _once(self, method: str, url: str, body: Any, media: str, accept: str, stream: bool, renewed: bool) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": accept, "User-Agent": "mainstay.aws", **self._access.headers(renew=renewed)}
        if not stream:
            headers["Accept-Encoding"] = "gzip"
        content = None
        if body is not None:
            headers["Content-Type"] = media
            content = json.dumps(body).encode()
        limits = urllib3.Timeout(connect=CONNECT_SECONDS, read=WATCH_SECONDS + 10.0 if stream else READ_SECONDS)
        response = self._pool.request(
            method,
            self._access.server + url,
            body=content,
            headers=headers,
            timeout=limits,
            retries=False,
            redirect=False,
            preload_content=not stream,
        )
        self._heard(response)
        return response

    def _heard(self, response: urllib3.BaseHTTPResponse) -> None:
        now = self.clock.now()
        if response.status < 500:
            self.last_answer = now
        try:
            reported = parsedate_to_datetime(str(response.headers["Date"]))
        except (KeyError, ValueError):
            return
        self._server_time = reported, now

    def _pause(self, seconds: float, retry_after: str | None, why: str) -> None:
        """Wait before a retry: at least as long as the API server asks for, but not past the deadline."""
        wished = float(retry_after) if retry_after and retry_after.isdigit() else 0.0
        left = self.deadline - self.clock.now()
        if left <= 0:
            raise Unreachable(f"the API of {self._access.server} does not answer: {why}")
        self.clock.pause(min(max(seconds, wished), left))


def _events(response: urllib3.BaseHTTPResponse) -> Iterator[dict[str, Any]]:
    """Yield one event per line. Ignore a line that the end of the stream cuts off."""
    rest = b""
    for chunk in response.stream(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if not line.strip():
                continue
            event = json.loads(line)
            if event.get("type") == "ERROR":
                raise Gone(str((event.get("object") or {}).get("message") or "the watch was interrupted"))
            yield event


def _message(response: urllib3.BaseHTTPResponse) -> str:
    try:
        data = response.data
    except (urllib3.exceptions.HTTPError, OSError):
        return ""
    try:
        return str(json.loads(data).get("message") or "")
    except (ValueError, AttributeError):
        return data[:200].decode(errors="replace").strip()


def _problem(status: int, method: str, path: str, text: str) -> ApiProblem:
    if status == 401:
        return Unauthorized(f"the cluster does not accept the credentials (HTTP 401{': ' + text if text else ''})")
    if status == 403:
        return Forbidden(f"no permission to {VERBS.get(method, method)} {resource_of(path)}: {text}")
    kinds: dict[int, type[ApiProblem]] = {404: NotFound, 409: Conflict, 410: Gone}
    return kinds.get(status, Refused)(f"{VERBS.get(method, method)} {resource_of(path)}: HTTP {status}: {text}")


def resource_of(path: str) -> str:
    """Turn an API path into a description such as "deployments.apps in namespace shop"."""
    parts = path.strip("/").split("/")
    group = parts[1] if parts[0] == "apis" else ""
    rest = parts[3:] if group else parts[2:]
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    return ".".join(part for part in (rest[0] if rest else path, group) if part) + (f" in namespace {namespace}" if namespace else "")


def describe(error: BaseException) -> str:
    """Describe the innermost cause: urllib3 wraps the original error."""
    while (inner := getattr(error, "reason", None) or error.__cause__) and isinstance(inner, BaseException):
        error = inner
    return str(error) or type(error).__name__
