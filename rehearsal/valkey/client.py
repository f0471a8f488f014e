"""A client for tests and checks: commands to an endpoint, with TLS verified by the cloud's authority."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from rehearsal.valkey import ValkeyError
from rehearsal.valkey.protocol import ReplyError, encoded, read_reply

SECONDS = 20.0
"""Enough for the first connection to a group with cluster mode, which starts its servers."""


class Client:
    """`authority`: the file with the certificate authority; None: without TLS. Raises OSError if there is no connection.

    with Client(endpoint["Address"], endpoint["Port"], authority) as client:
        client.do("AUTH", token)
    """

    def __init__(self, host: str, port: int, authority: str | None, name: str | None = None) -> None:
        self._socket = socket.create_connection((host, port), timeout=SECONDS)
        if authority:
            context = ssl.create_default_context(cafile=authority)
            self._socket = context.wrap_socket(self._socket, server_hostname=name or host)
        self._stream = self._socket.makefile("rb")

    def do(self, *words: str) -> Any:
        """The reply to a command. Raises ReplyError for an error, ValkeyError if the connection has ended."""
        self._socket.sendall(encoded(*words))
        return read_reply(self._stream)

    def error(self, *words: str) -> str:
        """The first word of the error with which a command is refused, such as NOAUTH; the reply itself if it is not."""
        try:
            return f"no error: {self.do(*words)}"
        except ReplyError as error:
            return str(error).split()[0]

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


__all__ = ["Client", "ReplyError", "ValkeyError"]
