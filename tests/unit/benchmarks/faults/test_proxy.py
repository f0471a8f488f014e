"""What a client sees through the proxy, and what reaches the server behind it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from benchmarks.faults.proxy import ACTIONS, Proxy, Rule
from benchmarks.faults.wire import PAGE, Call
from tests.unit.benchmarks.faults.test_wire import query

BODY = b"<CreateVpcResponse/>"
PATIENCE = 10


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[bytes]

    def do_POST(self) -> None:
        self.asked.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: Any) -> None:
        """Prints nothing."""


@pytest.fixture
def service() -> Iterator[tuple[str, list[bytes]]]:
    class Own(Service):
        asked: list[bytes] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Own.asked
    server.shutdown()
    thread.join()
    server.server_close()


def send(proxy: Proxy, operation: str = "CreateVpc") -> bytes:
    message = query("ec2", operation)
    connection = http.client.HTTPConnection(proxy.endpoint.removeprefix("http://"), timeout=PATIENCE)
    try:
        connection.request("POST", "/", message.body, {name: value for name, value in message.headers.items() if name != "content-length"})
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("action", "carried_out", "seen"),
    [
        ("reset_before", False, ConnectionError),
        ("reset_after", True, ConnectionError),
        ("hang_before", False, ConnectionError),
        ("hang_after", True, ConnectionError),
        ("cut", True, http.client.IncompleteRead),
        ("shorten", True, BODY[:10]),
        ("page_before", False, PAGE.partition(b"\r\n\r\n")[2]),
        ("page_after", True, PAGE.partition(b"\r\n\r\n")[2]),
    ],
)
def test_a_broken_call(service: tuple[str, list[bytes]], action: str, carried_out: bool, seen: Any) -> None:
    endpoint, asked = service
    with Proxy(endpoint) as proxy:
        proxy.arm(Rule("ec2:CreateVpc", action, seconds=0.1))
        assert send(proxy, "DescribeVpcs") == BODY
        if isinstance(seen, bytes):
            assert send(proxy) == seen
        else:
            with pytest.raises(seen):
                send(proxy)
        assert len(asked) == 1 + carried_out
        assert send(proxy) == BODY, "the rule is for one call"
        assert [(one.call.operation, one.action) for one in proxy.seen()] == [
            ("DescribeVpcs", None),
            ("CreateVpc", action),
            ("CreateVpc", None),
        ]
        assert proxy.errors == []


@pytest.mark.parametrize(("action", "carried_out"), [("hold_before", 0), ("hold_after", 1), ("stop_before", 0)])
def test_a_held_call_waits_to_be_released_and_is_never_answered(service: tuple[str, list[bytes]], action: str, carried_out: int) -> None:
    endpoint, asked = service
    with Proxy(endpoint) as proxy:
        rule = Rule("ec2:CreateVpc", action)
        proxy.arm(rule)
        failures: list[BaseException] = []

        def client() -> None:
            try:
                send(proxy)
            except ConnectionError as error:
                failures.append(error)

        thread = threading.Thread(target=client)
        thread.start()
        assert rule.reached.wait(PATIENCE)
        assert len(asked) == carried_out
        assert not proxy.wait_until_idle(0)
        rule.released.set()
        thread.join(PATIENCE)
        assert len(failures) == 1
        assert proxy.wait_until_idle(PATIENCE)
        assert len(asked) == carried_out


def test_every_action_is_tried_here() -> None:
    tried = {"reset_before", "reset_after", "hang_before", "hang_after", "cut", "shorten", "hold_before", "hold_after"}
    tried |= {"page_before", "page_after", "stop_before"}
    assert set(ACTIONS) == tried


def test_a_rule_counts_the_calls_of_its_operation() -> None:
    rule = Rule("ec2:CreateVpc", "cut", nth=2, times=2)
    calls = [Call("ec2", name, mutating=True) for name in ("CreateVpc", "CreateSubnet", "CreateVpc", "CreateVpc", "CreateVpc")]
    assert [rule.take(call) for call in calls] == [False, False, True, True, False]
    assert (rule.seen, rule.fired) == (4, 2)


def test_an_unknown_action_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="not 'explode'"):
        Rule("ec2:CreateVpc", "explode")
