"""The network side of the servers: TLS, logging in, and passing on what client and server say.

One thread with an event loop serves all relays of a cloud. The protocol is that of "Frontend/Backend Protocol" in the PostgreSQL manual.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import struct
import sys

from rehearsal.postgresql.access import Access, Attempt, ByPassword, ByToken, Refused
from rehearsal.postgresql.scram import BOUND, PLAIN, Exchange, LoginRefused, Verifier, md5_matches
from rehearsal.relays import CHUNK, HOST, Encryption, Listener, Loop, Port, connect_both

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST, PROTOCOL_3 = 80877103, 80877104, 80877102, 3
LONGEST_STARTUP, LONGEST_ANSWER = 10_000, 65_536
LOGIN_SECONDS = 60.0


class Relay(Listener):
    """Accepts connections on a port while it is open."""

    def __init__(self, loop: Loop, port: Port, encryption: Encryption, access: Access) -> None:
        super().__init__(loop, port, self._serve_client)
        self.access = access
        self._encryption = encryption

    async def _serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Session(self.access, self._encryption, self.port.number, reader, writer).serve()


class Session:
    """One connection of a client."""

    def __init__(
        self, access: Access, encryption: Encryption, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._access, self._encryption, self._port = access, encryption, port
        self._reader, self._writer = reader, writer
        self._encrypted = False

    async def serve(self) -> None:
        async with asyncio.timeout(LOGIN_SECONDS):
            startup = await self._startup()
            if startup is None:
                return
            try:
                await self._log_in(startup)
                reader, writer = await self._connect()
            except Refused as error:
                await self._refuse(str(error), error.code)
                return
            writer.write(startup)
        with contextlib.closing(writer):
            await connect_both((self._reader, self._writer), (reader, writer))

    async def _startup(self) -> bytes | None:
        """The startup message as it was sent. None if the connection only cancels a query of another one."""
        while True:
            length, code = struct.unpack("!II", await self._reader.readexactly(8))
            if not 8 <= length <= LONGEST_STARTUP:
                raise ConnectionError("no PostgreSQL client")
            rest = await self._reader.readexactly(length - 8)
            if code == SSL_REQUEST and not self._encrypted:
                self._writer.write(b"S")
                await self._writer.start_tls(self._encryption.context)
                self._encrypted = True
            elif code == GSS_REQUEST:
                self._writer.write(b"N")
            elif code == CANCEL_REQUEST:
                await self._cancel(struct.pack("!II", length, code) + rest)
                return None
            elif code >> 16 == PROTOCOL_3:
                return struct.pack("!II", length, code) + rest
            else:
                await self._refuse(f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}", "0A000")
                return None

    async def _log_in(self, startup: bytes) -> None:
        given = _parameters(startup)
        user = given.get("user", "")
        if not user:
            raise Refused("no PostgreSQL user name specified in startup packet")
        attempt = Attempt(user, given.get("database") or user, self._encrypted, HOST, self._port)
        way = await asyncio.to_thread(self._access.login, attempt)
        try:
            if isinstance(way, ByToken):
                await self._take_token(way)
            else:
                await self._take_password(way)
        except LoginRefused as error:
            # The client learns as little as from PostgreSQL.
            print(f"login of {user!r} on port {self._port} refused: {error}", file=sys.stderr, flush=True)
            raise Refused(way.refused, "28P01" if isinstance(way, ByPassword) else "28000") from None

    async def _take_token(self, way: ByToken) -> None:
        self._send(b"R", struct.pack("!I", 3))
        token = (await self._answer()).rstrip(b"\0").decode(errors="replace")
        reason = await asyncio.to_thread(way.check, token)
        if reason:
            raise LoginRefused(reason)

    async def _take_password(self, way: ByPassword) -> None:
        if isinstance(way.stored, Verifier):
            await self._take_scram(way.stored)
            return
        salt = secrets.token_bytes(4)
        self._send(b"R", struct.pack("!I", 5) + salt)
        if not md5_matches(way.stored, salt, (await self._answer()).rstrip(b"\0").decode(errors="replace")):
            raise LoginRefused("wrong password")

    async def _take_scram(self, verifier: Verifier) -> None:
        offered = (BOUND, PLAIN) if self._encrypted else (PLAIN,)
        self._send(b"R", struct.pack("!I", 10) + b"".join(name.encode() + b"\0" for name in offered) + b"\0")
        name, _zero, rest = (await self._answer()).partition(b"\0")
        if name.decode(errors="replace") not in offered:
            raise LoginRefused("the client chose no offered mechanism")
        exchange = Exchange(verifier, name.decode(), self._encryption.digest if self._encrypted else None)
        self._send(b"R", struct.pack("!I", 11) + exchange.first(rest[4:]))
        self._send(b"R", struct.pack("!I", 12) + exchange.last(await self._answer()))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for path in await asyncio.to_thread(self._access.sockets):
            with contextlib.suppress(OSError):
                return await asyncio.open_unix_connection(str(path), limit=CHUNK)
        raise Refused("the database system is not accepting connections", "57P03")

    async def _cancel(self, request: bytes) -> None:
        """To every server that the connection may have gone to: its secret key fits only one."""
        for path in await asyncio.to_thread(self._access.sockets):
            with contextlib.suppress(OSError):
                _reader, writer = await asyncio.open_unix_connection(str(path))
                writer.write(request)
                await writer.drain()
                writer.close()

    def _send(self, kind: bytes, body: bytes) -> None:
        self._writer.write(kind + struct.pack("!I", len(body) + 4) + body)

    async def _answer(self) -> bytes:
        """The client's password message."""
        kind, length = struct.unpack("!cI", await self._reader.readexactly(5))
        if kind != b"p" or not 4 <= length <= LONGEST_ANSWER:
            raise ConnectionError("no password message")
        return await self._reader.readexactly(length - 4)

    async def _refuse(self, message: str, code: str) -> None:
        fields = (b"S", "FATAL"), (b"V", "FATAL"), (b"C", code), (b"M", message)
        self._send(b"E", b"".join(name + text.encode() + b"\0" for name, text in fields) + b"\0")
        await self._writer.drain()


def _parameters(startup: bytes) -> dict[str, str]:
    parts = [part.decode(errors="replace") for part in startup[8:].split(b"\0")]
    return dict(zip(parts[::2], parts[1::2], strict=False))
