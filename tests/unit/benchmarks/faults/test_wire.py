"""The operation of a request, and how a response is truncated."""

from __future__ import annotations

import io
import json

import pytest

from benchmarks.faults import wire
from benchmarks.faults.wire import Call, Malformed, Message


def signed(service: str) -> str:
    return f"Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=00"


def request(line: str, *headers: str, body: bytes = b"") -> Message:
    head = "\r\n".join([f"{line} HTTP/1.1", "Host: 127.0.0.1:5000", *headers, f"Content-Length: {len(body)}", "", ""])
    return Message(head.encode(), body)


FORM = "Content-Type: application/x-www-form-urlencoded; charset=utf-8"


def query(service: str, action: str, version: str = "2016-11-15") -> Message:
    return request("POST /", FORM, signed(service), body=f"Action={action}&Version={version}&CidrBlock=10.0.0.0%2F16".encode())


def target(service: str, name: str) -> Message:
    return request("POST /", f"X-Amz-Target: {name}", "Content-Type: application/x-amz-json-1.1", signed(service), body=b"{}")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (query("ec2", "CreateVpc"), Call("ec2", "CreateVpc", mutating=True)),
        (query("ec2", "DescribeVpcs"), Call("ec2", "DescribeVpcs", mutating=False)),
        (query("iam", "CreateRole", "2010-05-08"), Call("iam", "CreateRole", mutating=True)),
        (target("kms", "TrentService.CreateKey"), Call("kms", "CreateKey", mutating=True)),
        (target("logs", "Logs_20140328.CreateLogGroup"), Call("logs", "CreateLogGroup", mutating=True)),
        (target("ssm", "AmazonSSM.PutParameter"), Call("ssm", "PutParameter", mutating=True)),
        (request("GET /clusters/main", signed("eks")), Call("eks", "DescribeCluster", mutating=False)),
        (request("DELETE /clusters/main", signed("eks")), Call("eks", "DeleteCluster", mutating=True)),
        (request("GET /health"), Call("unknown", "", mutating=False)),
    ],
    ids=lambda value: value.name if isinstance(value, Call) else "",
)
def test_operation_of_a_request(message: Message, expected: Call) -> None:
    assert wire.call(message) == expected


def test_messages_are_read_one_after_the_other_and_byte_by_byte() -> None:
    first, second = query("ec2", "CreateVpc"), request("GET /")
    stream = io.BytesIO(first.bytes + second.bytes)
    assert [wire.read(stream), wire.read(stream), wire.read(stream)] == [first, second, None]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"POST / HTTP/1.1\r\nContent-Le", "within the headers"),
        (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1234", "within the body"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "in chunks"),
    ],
)
def test_a_message_that_cannot_be_handed_on_is_refused(text: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        wire.read(io.BytesIO(text))


REPLY = Message(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX: y\r\n\r\n", b"0123456789")


def test_a_reply_that_breaks_off_announces_more_than_comes() -> None:
    assert wire.cut(REPLY) == REPLY.head + b"01234"
    empty = Message(b"HTTP/1.1 200 OK\r\n\r\n")
    assert wire.cut(empty) == b"HTTP/1.1 "


def test_a_reply_of_half_the_length_is_well_formed() -> None:
    short = wire.read(io.BytesIO(wire.shortened(REPLY).bytes))
    assert short is not None
    assert (short.body, short.headers) == (b"01234", {"content-length": "5", "x": "y"})
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(wire.shortened(Message(REPLY.head, b'{"KeyId": "1"}')).body)
