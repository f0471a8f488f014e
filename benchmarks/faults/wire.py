"""HTTP/1.1 messages as raw bytes, and the AWS operation of a request. Nothing here uses sockets or faults."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import IO
from urllib.parse import urlsplit

from rehearsal import operations

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Your session has expired.</p></body></html>\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (len(_PAGE), _PAGE)
"""The proxy's response in place of AWS's."""


class Malformed(Exception):
    """Bytes that are not an HTTP message this proxy can forward."""


class BrokenOff(Malformed):
    """A truncated message."""


@dataclass(frozen=True)
class Message:
    """A request or a response. ``head`` ends with the empty line."""

    head: bytes
    body: bytes = b""

    @cached_property
    def start(self) -> list[str]:
        return self.head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)

    @cached_property
    def headers(self) -> dict[str, str]:
        """By lowercase name."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.strip().lower(): value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}

    @property
    def bytes(self) -> bytes:
        return self.head + self.body

    @property
    def status(self) -> int:
        return int(self.start[1])


@dataclass(frozen=True)
class Call:
    """The AWS call in a request, with botocore's names."""

    service: str
    operation: str
    mutating: bool

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


def read(stream: IO[bytes], *, with_body: bool = True) -> Message | None:
    """The next message on a connection, or None at its end. Raises Malformed for one that is truncated or has no length."""
    lines = [stream.readline()]
    if not lines[0]:
        return None
    while lines[-1] not in (b"\r\n", b"\n", b""):
        lines.append(stream.readline())
    message = Message(b"".join(lines))
    if not lines[-1]:
        raise BrokenOff("the connection ended within the headers of a message")
    if "transfer-encoding" in message.headers:
        raise Malformed("messages in chunks are not handed on")
    length = int(message.headers.get("content-length", "0")) if with_body else 0
    body = stream.read(length)
    if len(body) < length:
        raise BrokenOff("the connection ended within the body of a message")
    return Message(message.head, body)


def call(request: Message) -> Call:
    """The operation of a request, identified in the same way as in the rehearsal cloud."""
    method, target, _version = request.start
    url = urlsplit(target)
    host = request.headers.get("host", "localhost").partition(":")[0]
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": url.path,
        "QUERY_STRING": url.query,
        "SERVER_NAME": host,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()},
    }
    read_request = operations.Request(method, url.path, url.query, request.headers, request.body, environ)
    form = read_request.form
    signed = operations.signature(request.headers, form)
    if signed.signing_name is None:
        return Call("unknown", form.get("Action", ""), mutating=False)
    service = operations.service_name(signed.signing_name, form.get("Version"), url.path)
    operation = operations.operation_name(service, read_request)
    return Call(service, operation or "", operations.is_mutating(service, operation, method))


def cut(reply: Message) -> bytes:
    """What arrives of a response when the connection breaks in the middle of its body, or of its headers if it has no body."""
    if not reply.body:
        return reply.head[: len(reply.head) // 2]
    return reply.head + reply.body[: len(reply.body) // 2]


def shortened(reply: Message) -> Message:
    """A complete and well-formed response whose body has lost its second half, as sent by a broken middlebox."""
    body = reply.body[: len(reply.body) // 2]
    lines = [
        f"Content-Length: {len(body)}".encode() if line.lower().startswith(b"content-length:") else line
        for line in reply.head.split(b"\r\n")
    ]
    return Message(b"\r\n".join(lines), body)
