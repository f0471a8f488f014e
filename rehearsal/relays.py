"""What the relays in front of database and cache servers share: ports, certificates, the thread that serves them, and passing on what
client and server say.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
CHUNK = 65_536

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Encryption:
    """The certificate of a relay. `digest` is what channel binding compares."""

    context: ssl.SSLContext
    digest: bytes

    @classmethod
    def load(cls, certificate: Path, key: Path) -> Encryption:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, key)
        return cls(context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).digest())


class Port:
    """A port that stays ours while no server listens on it: connections are refused, and no other program can take it."""

    def __init__(self, number: int = 0, host: str = HOST) -> None:
        self.host = host
        self._reserved = self._bound(number)
        self.number: int = self._reserved.getsockname()[1]

    def listener(self) -> socket.socket:
        return self._bound(self.number)

    def release(self) -> None:
        self._reserved.close()

    def _bound(self, number: int) -> socket.socket:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            made.bind((self.host, number))
        except OSError:
            made.close()
            raise
        return made


class Loop:
    """The thread with the event loop. One thread serves all relays of a kind."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def do[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine there and returns its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


class Listener:
    """Accepts connections on a port while it is open, and serves each in a task of its own."""

    def __init__(self, loop: Loop, port: Port, serve: Serve) -> None:
        self.port = port
        self._loop, self._serve = loop, serve
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        self._loop.do(self._open())

    def close(self) -> None:
        """Refuses new connections and ends the existing ones."""
        self._loop.do(self._close())

    def disconnect(self) -> None:
        """Ends the existing connections."""
        self._loop.do(self._disconnect())

    async def _open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, sock=self.port.listener())

    async def _close(self) -> None:
        server, self._server = self._server, None
        if server:
            server.close()
        await self._disconnect()

    async def _disconnect(self) -> None:
        for task in tuple(self._sessions):
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ssl.SSLError, struct.error):
            pass  # the client went away, or spoke another protocol
        finally:
            self._sessions.discard(task)
            with contextlib.suppress(Exception):
                writer.close()


class EncryptedListener(Listener):
    """A listener whose clients begin with TLS: all of them, none, or as each likes. `mode` and `encryption` are asked for each connection.

    `mode`: "required", "preferred" (either way), or None. A client that does otherwise is disconnected.
    """

    def __init__(self, loop: Loop, port: Port, serve: Serve, mode: Callable[[], str | None], encryption: Callable[[], Encryption]) -> None:
        super().__init__(loop, port, serve)
        self._mode, self._encryption = mode, encryption
        self._accepting: asyncio.Task[None] | None = None

    async def _open(self) -> None:
        if self._accepting is None:
            listener = self.port.listener()
            listener.listen(128)
            listener.setblocking(False)
            self._accepting = asyncio.ensure_future(self._accept_all(listener))

    async def _close(self) -> None:
        accepting, self._accepting = self._accepting, None
        if accepting:
            accepting.cancel()
            await asyncio.gather(accepting, return_exceptions=True)
        await self._disconnect()

    async def _accept_all(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                connection, _address = await loop.sock_accept(listener)
                task = asyncio.ensure_future(self._begin(connection))
                self._sessions.add(task)
                task.add_done_callback(self._sessions.discard)
        finally:
            listener.close()

    async def _begin(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.closing(connection):
            mode = await asyncio.to_thread(self._mode)
            if mode == "preferred":
                encrypted = await _begins_with_tls(connection)
            else:
                encrypted = mode is not None
            context = (await asyncio.to_thread(self._encryption)).context if encrypted else None
            reader = asyncio.StreamReader(limit=CHUNK)
            protocol = asyncio.StreamReaderProtocol(reader)
            with contextlib.suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError):
                transport, _protocol = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=context)
                writer = asyncio.StreamWriter(transport, protocol, reader, loop)
                await self._accept(reader, writer)
                with contextlib.suppress(Exception):
                    await writer.wait_closed()


TLS_HANDSHAKE = 0x16
"""The first byte of a client that begins with TLS. No command of Valkey begins with it."""


async def _begins_with_tls(connection: socket.socket) -> bool:
    """Looks at the first byte without taking it."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(connection, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(connection)
    return connection.recv(1, socket.MSG_PEEK) == bytes([TLS_HANDSHAKE])


async def connect_both(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter], server: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    """Passes on what each says, until one of them ends."""
    await _first_to_end(_pump(client[0], server[1]), _pump(server[0], client[1]))


async def _first_to_end(*works: Coroutine[Any, Any, None]) -> None:
    """Ends all when one ends."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
