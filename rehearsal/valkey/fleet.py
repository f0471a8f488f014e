"""The cache servers of one cloud, by the ARN of their replication group, and the relays that its endpoints lead to.

An endpoint is an address of its own in 127.0.0.0/8, so that it has the port that the group was given. Its relay listens from when the
endpoint is first described; servers start with the first connection: one, or with cluster mode one for each shard.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.connect_tokens import Question
from rehearsal.relays import CHUNK, EncryptedListener, Encryption, Port, connect_both
from rehearsal.server_kinds import CACHES
from rehearsal.server_site import ServerSite
from rehearsal.valkey import ValkeyError
from rehearsal.valkey.cloud import current
from rehearsal.valkey.commands import first_command, login_in, with_password
from rehearsal.valkey.protocol import encoded
from rehearsal.valkey.server import Item, Member, Server, program

BUS_DISTANCE = 10_000
AT_START = ("databases",)
"""Parameters that only a start applies."""


@dataclass(frozen=True)
class Wanted:
    """What a group's servers are to be. Rules of users are those of `ACL SETUSER`, passwords included.

    opening: the password with which a client is logged in that has not done so itself; None: it is not.
    encryption: required, preferred, or None. shards: the slots of each, None without cluster mode. leads: by the name of each endpoint, its
    shard. primaries: by shard, the name of the endpoint that is announced for it in cluster mode. host_names: by the name of an endpoint.
    tokens: the users who log in with IAM tokens, with their passwords in Valkey. resource: the group's ARN, for which tokens are.
    source: the copy with whose data the servers begin, shard by shard; empty for none.
    """

    users: Mapping[str, tuple[str, ...]] = field(repr=False)
    encryption: str | None
    shards: Mapping[str, tuple[int, int] | None]
    primaries: Mapping[str, str]
    leads: Mapping[str, str]
    host_names: Mapping[str, str]
    parameters: Mapping[str, str]
    port: int
    source: str = ""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    resource: str = ""
    opening: str | None = field(default=None, repr=False)


type Ask = Callable[[], Wanted]


class Cache:
    """The servers of one group. `ask` returns what they are to be now."""

    def __init__(self, site: ServerSite, ask: Ask, addresses: Addresses, copy: Callable[[str], Path | None]) -> None:
        self.ask = ask
        self._site, self._addresses, self._copy = site, addresses, copy
        self._began = False
        # `ask` takes the lock of the API's calls, within which endpoints are named. So no lock here is held while it is called, and the one
        # of the servers, which is held while they start, is not the one of the endpoints.
        self._lock, self._naming = threading.RLock(), threading.RLock()
        self.relays: dict[str, EncryptedListener] = {}
        self._announced: dict[str, str] = {}
        self._servers: dict[str, Server] = {}
        self._layout: object = None
        self._applied: object = None
        self._encryptions: dict[str, Encryption] = {}

    @property
    def running(self) -> bool:
        return any(server.running for server in self._servers.values())

    def address(self, name: str, port: int) -> tuple[str, int]:
        """Where the endpoint with this name leads; from now on it does."""
        with self._naming:
            if name not in self.relays:
                relay = self.relays[name] = EncryptedListener(
                    self._site.loop,
                    self._addresses.new(port),
                    lambda reader, writer: self._serve(name, reader, writer),
                    mode=lambda: self.ask().encryption,
                    encryption=lambda: self._encryption(name),
                )
                relay.open()
            found = self.relays[name].port
            return found.host, found.number

    def _encryption(self, name: str) -> Encryption:
        host_name = self.ask().host_names.get(name)
        with self._naming:
            if name not in self._encryptions:
                names = [self.relays[name].port.host, *([host_name] if host_name else [])]
                self._encryptions[name] = self._site.encryption(secrets.token_hex(8), names)
            return self._encryptions[name]

    async def _serve(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            wanted = await asyncio.to_thread(self.ask)
            server = await asyncio.to_thread(self.ready, wanted, name)
        except (OSError, ValkeyError):  # the client is only disconnected; the reason is in the cloud's log
            traceback.print_exc()
            return
        own_reader, own_writer = await asyncio.open_unix_connection(str(server.socket), limit=CHUNK)
        with contextlib.closing(own_writer):
            if wanted.opening is not None:
                own_writer.write(encoded("AUTH", wanted.opening))
                await own_reader.readline()
            if wanted.tokens:
                own_writer.write(await self._with_token(wanted, reader))
            await connect_both((reader, writer), (own_reader, own_writer))

    async def _with_token(self, wanted: Wanted, reader: asyncio.StreamReader) -> bytes:
        """A client's first command. A valid IAM token in it is replaced by the user's password; Valkey refuses any other."""
        raw, words = await first_command(reader)
        login = login_in(words) if words else None
        if not words or not login or login[0] not in wanted.tokens:
            return raw
        user, token = login
        _rest, _colon, group = wanted.resource.rpartition(":")
        names, region = frozenset({group}), wanted.resource.split(":")[3]
        question = Question(token, user, names, None, wanted.resource, region, "elasticache", "User")
        if reason := await asyncio.to_thread(current.check_token, question):
            print(f"login of {user!r} to {group} refused: {reason}", file=sys.stderr, flush=True)
            return raw
        return with_password(words, token, wanted.tokens, user)

    def ready(self, wanted: Wanted, name: str) -> Server:
        """The server behind an endpoint, as it is wanted."""
        with self._lock:
            self._start(wanted)
            self._apply(wanted)
            shard = wanted.leads.get(name) or self._announced.get(name)
            if shard is None:
                raise ValkeyError(f"the endpoint {name} is gone")
            return self._servers[shard]

    def refresh(self) -> None:
        """Changes running servers to what is wanted now; starts none."""
        wanted = self.ask()
        with self._lock:
            if self.running:
                self._start(wanted)
                self._apply(wanted)

    def _start(self, wanted: Wanted) -> None:
        """Other shards or slots are new servers, to which the data of the old ones are moved."""
        at_start = {name: value for name, value in wanted.parameters.items() if name in AT_START}
        layout = (dict(wanted.shards), at_start)
        if self._layout == layout and all(server.running for server in self._servers.values()):
            return
        items = [item for server in self._servers.values() if server.running for item in server.items()]
        self.stop()
        members = {shard: self._member(wanted, shard, slots) for shard, slots in wanted.shards.items() if slots}
        for shard in wanted.shards:
            own, others = members.get(shard), [one for name, one in members.items() if name != shard]
            folder = self._site.folder / "s" / secrets.token_hex(4)
            self._servers[shard] = Server(folder, program(self._site.folder), own, others)
            dump = None if self._began else self._copy(wanted.source)
            self._servers[shard].start(at_start, dump / f"{shard}.rdb" if dump else None)
        for shard in members:
            self._servers[shard].wait_for_cluster()
        self._distribute(items, members)
        self._layout, self._began = layout, True
        self._announced = {name: shard for shard, name in wanted.primaries.items()}

    def _distribute(self, items: Iterable[Item], members: Mapping[str, Member]) -> None:
        """Puts each key where its slot is; without cluster mode, into the only server."""
        for item in items:
            first = next(iter(self._servers.values()))
            slot = first.slot_of(item.key) if members else 0
            owner = next((shard for shard, one in members.items() if one.slots[0] <= slot <= one.slots[1]), None)
            (self._servers[owner] if owner else first).put([item])

    def _member(self, wanted: Wanted, shard: str, slots: tuple[int, int]) -> Member:
        host, port = self.address(wanted.primaries[shard], wanted.port)
        bus = port + BUS_DISTANCE if port + BUS_DISTANCE < 65_536 else port - BUS_DISTANCE
        return Member(secrets.token_hex(20), host, port, bus, slots)

    def _apply(self, wanted: Wanted) -> None:
        parameters = {name: value for name, value in wanted.parameters.items() if name not in AT_START}
        if self._applied == (wanted.users, parameters):
            return
        for server in self._servers.values():
            for reason in server.set_users(wanted.users):
                print(f"Valkey refuses the access string of {reason}", file=sys.stderr, flush=True)
            server.set_parameters(parameters)
        self._applied = (wanted.users, parameters)

    def save(self, folder: Path) -> None:
        """Writes the data of each shard to a folder; those of a group that no client has used are in the copy that it began with."""
        wanted = self.ask()
        folder.mkdir(parents=True)
        with self._lock:
            if not self._began and (source := self._copy(wanted.source)):
                shutil.copytree(source, folder, dirs_exist_ok=True)
            for shard, server in self._servers.items():
                server.save(folder / f"{shard}.rdb")

    def stop(self) -> None:
        with self._lock:
            for server in self._servers.values():
                server.stop()
            self._servers, self._layout, self._applied = {}, None, None

    def close(self) -> None:
        """Ends servers and endpoints."""
        with self._naming:
            relays, self.relays = list(self.relays.values()), {}
        for relay in relays:
            relay.close()
            relay.port.release()
        self.stop()


class Addresses:
    """Loopback addresses that no other program uses with the port that is asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._network = f"127.{64 + secrets.randbelow(63)}.{secrets.randbelow(256)}"
        self._last = 0

    def new(self, port: int) -> Port:
        """A port with this number on an address of its own; if a program listens there on all addresses, another number."""
        for _attempt in range(3):
            host = self._next()
            if _is_free(host, port):
                return Port(port, host)
        return Port(0, self._next())

    def _next(self) -> str:
        with self._lock:
            self._last += 1
            if self._last == 255:
                self.__init__()  # type: ignore[misc]  # another network
                return self._next()
            return f"{self._network}.{self._last}"


def _is_free(host: str, port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _report(work: Future[None]) -> None:
    if not work.cancelled() and (error := work.exception()):
        traceback.print_exception(error)


class Fleet:
    """`home` is the cloud's folder; without one, files are in a temporary folder."""

    def __init__(self, home: Path | None = None) -> None:
        self._home = home
        self._begin()

    def _begin(self) -> None:
        self._site = ServerSite(self._home, CACHES)
        self._addresses = Addresses()
        self._caches: dict[str, Cache] = {}
        self._copies: dict[str, Path] = {}
        self._lock = threading.RLock()
        self._background = ThreadPoolExecutor(1, thread_name_prefix="caches")

    def address(self, key: str, name: str, port: int, ask: Ask) -> tuple[str, int]:
        """Where an endpoint of a group leads. `ask`: what the group's servers are to be; it is asked at each connection."""
        with self._lock:
            if key not in self._caches:
                _bundle = self._site.ca_bundle  # clients read it before they connect
                self._caches[key] = Cache(self._site, ask, self._addresses, self._copies.get)
            return self._caches[key].address(name, port)

    def refresh(self, key: str) -> None:
        """Changes a group's servers in the background, if they run."""
        with self._lock:
            cache = self._caches.get(key)
            if cache and cache.running:
                self._do(cache.refresh)

    def delete(self, key: str) -> None:
        with self._lock:
            cache = self._caches.pop(key, None)
            if cache:
                self._do(cache.close)

    def _do(self, work: Callable[[], None]) -> Future[None]:
        """Does work in the background, after what has been submitted before; the cloud's log says why it failed."""
        found = self._background.submit(work)
        found.add_done_callback(_report)
        return found

    def copy(self, key: str, copy: str) -> Future[None] | None:
        """A copy of a group's data, made in the background; None if the group has no servers to copy."""
        with self._lock:
            cache = self._caches.get(key)
            if cache is None:
                return None
            folder = self._copies[copy] = self._site.folder / "b" / secrets.token_hex(4)
            return self._do(lambda: cache.save(folder))

    def copy_again(self, source: str, copy: str) -> None:
        """A copy of a copy, which shares its files."""
        with self._lock:
            if source in self._copies:
                self._copies[copy] = self._copies[source]

    def drop_copy(self, copy: str) -> None:
        with self._lock:
            folder = self._copies.pop(copy, None)
            if folder and folder not in self._copies.values():
                shutil.rmtree(folder, ignore_errors=True)

    def described(self) -> dict[str, Any]:
        return {
            key: {
                "running": cache.running,
                "endpoints": {name: f"{relay.port.host}:{relay.port.number}" for name, relay in list(cache.relays.items())},
            }
            for key, cache in list(self._caches.items())
        }

    @property
    def ca_bundle(self) -> Path:
        """The certificate authority of all endpoints, in PEM."""
        return self._site.ca_bundle

    def reset(self) -> None:
        with self._lock:
            caches, self._caches = list(self._caches.values()), {}
        for cache in caches:
            cache.close()
        for copy in list(self._copies):
            self.drop_copy(copy)

    def close(self) -> None:
        """Ends every server and removes every file. The fleet can be used again."""
        self._background.shutdown(wait=False, cancel_futures=True)
        self.reset()
        self._site.close()
        self._begin()


# One cloud per process.
fleet = Fleet(current.home)
