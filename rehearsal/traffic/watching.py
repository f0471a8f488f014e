"""Lists and watches of a cluster's objects in one event loop: a cache per kind that follows the API server without polling."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

AGAIN_SECONDS = 0.5
MOST_LINE = 64 * 1024 * 1024
Object = Mapping[str, Any]


class ApiFailure(Exception):
    """The API server refused a call."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {body.decode(errors='replace')[:300]}")
        self.status = status


@dataclass(frozen=True)
class Server:
    """An API server and how to log in to it."""

    host: str
    port: int
    context: ssl.SSLContext
    headers: Mapping[str, str]

    async def call(self, method: str, path: str, content: Object | None = None, content_type: str = "application/json") -> Any:
        """Raises ApiFailure, or OSError if the server cannot be reached."""
        async with self._opened() as (reader, writer):
            body = b"" if content is None else json.dumps(content).encode()
            headers = {"Content-Length": str(len(body))} | ({"Content-Type": content_type} if body else {})
            status, lines = await self._sent(reader, writer, method, path, headers, body)
            answer = b"".join([part async for part in _parts(reader, lines)])
        if status >= 300:
            raise ApiFailure(status, answer)
        return json.loads(answer)

    async def watch(self, path: str, version: str) -> AsyncIterator[Object]:
        """Events after a resource version, until the server ends the watch."""
        async with self._opened() as (reader, writer):
            mark = "&" if "?" in path else "?"
            status, lines = await self._sent(reader, writer, "GET", f"{path}{mark}watch=true&resourceVersion={version}", {}, b"")
            if status >= 300:
                raise ApiFailure(status, b"".join([part async for part in _parts(reader, lines)]))
            rest = b""
            async for part in _parts(reader, lines):
                *whole, rest = (rest + part).split(b"\n")
                for line in whole:
                    if line:
                        yield json.loads(line)

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection(self.host, self.port, ssl=self.context, limit=MOST_LINE)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def _sent(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, list[str]]:
        all_headers = {"Host": f"{self.host}:{self.port}", "Connection": "close", **self.headers, **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in all_headers.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        await writer.drain()
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("the API server closed the connection") from error
        first, *given = head.split("\r\n")
        return int(first.split(" ")[1]), [line.lower() for line in given]


async def _parts(reader: asyncio.StreamReader, headers: list[str]) -> AsyncIterator[bytes]:
    """The body, as it arrives."""
    if "transfer-encoding: chunked" not in headers:
        while data := await reader.read(65536):
            yield data
        return
    with contextlib.suppress(asyncio.IncompleteReadError):
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            data = await reader.readexactly(size + 2)
            yield data[:-2]


class Cache:
    """The objects of one kind by UID. `changed` is called with the former and the present object of each change; None: there is none."""

    def __init__(self, server: Server, path: str, changed: Callable[[Object | None, Object | None], None]) -> None:
        self._server, self._path, self._changed = server, path, changed
        self.objects: dict[str, Object] = {}
        self.filled = asyncio.Event()

    async def follow(self) -> None:
        """Runs until it is canceled. After an interruption, it lists again."""
        while True:
            with contextlib.suppress(OSError, ApiFailure, ValueError, asyncio.IncompleteReadError):
                version = await self._list()
                self.filled.set()
                async for event in self._server.watch(self._path, version):
                    if not self._apply(event):
                        break
                else:
                    continue
            await asyncio.sleep(AGAIN_SECONDS)

    async def _list(self) -> str:
        found = await self._server.call("GET", self._path)
        present = {str(each["metadata"]["uid"]): each for each in found["items"]}
        for uid in self.objects.keys() - present.keys():
            self._set(uid, None)
        for uid, each in present.items():
            known = self.objects.get(uid)
            if known is None or known["metadata"]["resourceVersion"] != each["metadata"]["resourceVersion"]:
                self._set(uid, each)
        return str(found["metadata"]["resourceVersion"])

    def _apply(self, event: Object) -> bool:
        if event["type"] in ("ADDED", "MODIFIED", "DELETED"):
            self._set(str(event["object"]["metadata"]["uid"]), None if event["type"] == "DELETED" else event["object"])
        return event["type"] != "ERROR"

    def _set(self, uid: str, present: Object | None) -> None:
        former = self.objects.pop(uid, None)
        if present is not None:
            self.objects[uid] = present
        self._changed(former, present)
