"""Valkey's protocol, as far as the rehearsal speaks it itself: commands, and their replies. See "RESP protocol spec" of valkey.io."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import IO, Any

from rehearsal.valkey import ValkeyError

SECONDS = 10.0


class ReplyError(ValkeyError):
    """The server refused a command; the text is its reply, such as "NOAUTH Authentication required."."""


def encoded(*words: str | bytes) -> bytes:
    parts = [word.encode() if isinstance(word, str) else word for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def read_reply(stream: IO[bytes], *, binary: bool = False) -> Any:
    """One reply: text, number, list, or None; `binary`: bytes in place of longer texts. Raises ReplyError for an error."""
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ValkeyError("the server closed the connection")
    kind, text = line[:1], line[1:-2].decode()
    if kind == b"-":
        raise ReplyError(text)
    if kind == b"+":
        return text
    if kind == b":":
        return int(text)
    if kind == b"*":
        return [read_reply(stream, binary=binary) for _one in range(int(text))] if text != "-1" else None
    if kind != b"$":
        raise ValkeyError(f"a reply begins with {kind!r}")
    if text == "-1":
        return None
    content = stream.read(int(text) + 2)[:-2]
    return content if binary else content.decode(errors="replace")


class Connection:
    """A connection of ours to a server, by its socket."""

    def __init__(self, path: Path, user: str, password: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(SECONDS)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rb")
        self.do("AUTH", user, password)

    def do(self, *words: str | bytes, binary: bool = False) -> Any:
        self._socket.sendall(encoded(*words))
        return read_reply(self._stream, binary=binary)

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()
