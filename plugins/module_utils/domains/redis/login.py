# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Prove, with a connection of its own, that a cache which got its first login refuses a client without one.

A group that had no token lets clients in without one until the token has been set, whatever its description says. An unreachable cache
proves nothing: it can be reached only from inside its network.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Literal

from ...reconcile.engine import Result
from ...reconcile.errors import Failure
from ...reconcile.model import Observed
from ...reconcile.planner import Plan

Verdict = Literal["admitted", "refused", "unreachable"]
Look = Callable[[str, int], Verdict]
KIND = "replication_group"
CODE = "OpenToAll"
SECONDS = 3.0
PING = b"PING\r\n"
ADMITTED = b"+PONG"


def secured(plan: Plan) -> list[str]:
    """The addresses of existing groups that everybody could use so far, and that get a login."""
    found = []
    for action in plan.permitted:
        was = (action.observed.properties.get("login") or {}) if action.observed else {}
        if action.kind == KIND and action.verb == "update" and was.get("open"):
            found += [change.property for change in action.changes if change.property == "login"] and [action.address]
    return found


def guard(plan: Plan, look: Look) -> Callable[[Result], Sequence[Failure]]:
    """A function that looks at these groups afterwards, and reports those that still admit everybody."""
    concerned = secured(plan)

    def still_open(result: Result) -> list[Failure]:
        there = {seen.address: seen for seen in result.final if seen.state == "ready"}
        return [lets_all_in(address) for address in concerned if address in there and verdict_of(there[address], look) == "admitted"]

    return still_open


def verdict_of(seen: Observed, look: Look) -> Verdict:
    host = seen.attributes.get("configuration_endpoint") or seen.attributes.get("primary_endpoint")
    port = seen.attributes.get("port")
    return look(str(host), int(port)) if host and port else "unreachable"


def lets_all_in(address: str) -> Failure:
    text = "a client without a token or a password still gets an answer from the cache, although its login has been set"
    return Failure(address, "PING", CODE, text, "Run again: the token is set once more. Until then, everybody can read it.")


def warnings(plan: Plan) -> list[str]:
    return [
        f"{address}: everybody who reaches it can use it until this run is complete. The run then connects without a login to see it "
        "refused; if this machine cannot reach the cache, check it from inside: redis-cli --tls -h <host> ping must answer NOAUTH."
        for address in secured(plan)
    ]


def ping(host: str, port: int) -> Verdict:
    """Send one PING without a login. The certificate is not verified: nothing confidential is sent, and only a refusal counts."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), SECONDS) as plain, context.wrap_socket(plain, server_hostname=host) as connection:
            connection.sendall(PING)
            answer = connection.recv(64)
    except OSError:
        return "unreachable"
    return "admitted" if answer.startswith(ADMITTED) else "refused" if answer.startswith(b"-") else "unreachable"
