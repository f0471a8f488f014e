"""HTTP/1.1 messages as load balancers and the proxy exchange them with clients."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

MOST_BODY = 16 * 1024 * 1024
NO_BODY = (204, 304)


class Malformed(Exception):
    """What arrived is not a request that a load balancer passes on; the message says why. ALB answers 400."""


@dataclass(frozen=True)
class Request:
    """`headers` by lowercase name, the last of several values; `path` and `query` are as sent."""

    method: str
    target: str
    path: str
    query: str
    headers: Mapping[str, str]
    keeps_open: bool = True
    client: str = "127.0.0.1"

    @property
    def host(self) -> str:
        """The host that the request names, without its port, in lowercase."""
        parts = urlsplit(self.target)
        named = parts.netloc if parts.scheme else self.headers.get("host", "")
        return named.rpartition(":")[0].lower() if named.rpartition(":")[2].isdigit() and ":" in named else named.lower()

    @property
    def cookies(self) -> dict[str, str]:
        found = (each.partition("=") for each in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in found if name.strip()}


@dataclass(frozen=True)
class Response:
    """`content_type` empty: none. `drop`: the connection is reset instead, as a network load balancer does without a target."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: Sequence[tuple[str, str]] = field(default_factory=tuple)
    drop: bool = False
    keeps_open: bool = True

    def rendered(self, request: Request) -> bytes:
        phrase = HTTPStatus(self.status).phrase if self.status in _KNOWN else ""
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in self.headers)]
        if self.content_type:
            lines.append(f"Content-Type: {self.content_type}")
        if self.status not in NO_BODY:
            lines.append(f"Content-Length: {len(self.body)}")
        lines.append(f"Connection: {'keep-alive' if request.keeps_open and self.keeps_open else 'close'}")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        return head if request.method == "HEAD" or self.status in NO_BODY else head + self.body


_KNOWN = frozenset(int(status) for status in HTTPStatus)


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle: float) -> Request | None:
    """The next request; None if the client closed the connection or sent nothing for `idle` seconds. Its body is read and dropped.

    Raises Malformed.
    """
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), idle)
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        return None
    except asyncio.LimitOverrunError:
        raise Malformed("the headers are too large") from None
    request = parsed(head, str((writer.get_extra_info("peername") or ("127.0.0.1",))[0]))
    if "100-continue" in request.headers.get("expect", "").lower():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        await asyncio.wait_for(_skip_body(reader, request.headers), idle)
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        return None
    except asyncio.LimitOverrunError:
        raise Malformed("a chunk has no end") from None
    return request


def parsed(head: bytes, client: str = "127.0.0.1") -> Request:
    """A request from its head. Raises Malformed."""
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Malformed(f"{first[:80]!r} is no request line of HTTP/1.1")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise Malformed(f"{line[:80]!r} is no header")
        headers[name.lower()] = value.strip()
    if words[2] == "HTTP/1.1" and "host" not in headers and words[0] != "CONNECT":
        raise Malformed("the header Host is missing")
    connection = headers.get("connection", "").lower()
    keeps_open = "keep-alive" in connection if words[2] == "HTTP/1.0" else "close" not in connection
    parts = urlsplit(words[1]) if words[0] != "CONNECT" else urlsplit("")
    return Request(words[0], words[1], parts.path or "/", parts.query, headers, keeps_open=keeps_open, client=client)


async def _skip_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> None:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        while size := _size(await reader.readuntil(b"\r\n")):
            await reader.readexactly(size + 2)
        while (await reader.readuntil(b"\r\n")) != b"\r\n":
            pass
        return
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MOST_BODY:
        raise Malformed(f"Content-Length {length[:20]!r}")
    if int(length):
        await reader.readexactly(int(length))


def _size(line: bytes) -> int:
    try:
        size = int(line.split(b";")[0], 16)
    except ValueError:
        raise Malformed("a chunk's size is no number") from None
    if size > MOST_BODY:
        raise Malformed("a chunk is too large")
    return size
