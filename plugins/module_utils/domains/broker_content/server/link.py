# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A broker's management API: logs in on the first request, or reports that the broker does not exist yet.

A broker whose address is not known yet counts as empty, so a plan shows all of its content as additions.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ....aws.connection import Aws
from ....kinds.vault import Vault
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import is_unknown

REHEARSAL_CA = "MAINSTAY_REHEARSAL_BROKER_CA"
SECONDS = 30.0
JSON = "application/json"
TEMPORARY = (502, 503, 504)
"""Statuses of the load balancer while nodes restart."""
REFUSED = 401


@dataclass(frozen=True)
class Target:
    """Where the management API is, and the secret of the administrator. ``ca``: the path of certificates; empty for the system's."""

    url: str
    secret_arn: str
    ca: str = ""

    @property
    def unknown(self) -> bool:
        return not self.url or is_unknown(self.url) or not self.secret_arn or is_unknown(self.secret_arn)


@dataclass(frozen=True)
class Look:
    """What was observed. ``permissions``: (virtual host, user) -> patterns. ``queues``: virtual host -> name -> queue."""

    vhosts: Mapping[str, Mapping[str, Any]]
    users: Mapping[str, Mapping[str, Any]]
    permissions: Mapping[tuple[str, str], Mapping[str, str]]
    queues: Mapping[str, Mapping[str, Mapping[str, Any]]]


def quoted(*parts: str) -> str:
    """Names as parts of a path: a virtual host may have slashes."""
    return "/".join(urllib.parse.quote(part, safe="") for part in parts)


class ManagementLink:
    """One broker during one call of the module. ``needed``: an unknown address is an error; it is not in check mode and on removal."""

    def __init__(self, target: Target, vault: Vault, vhosts: tuple[str, ...], administrator: str, *, needed: bool) -> None:
        """``vhosts``: those whose queues matter. ``administrator``: the name of the first one, as it is described."""
        self.target = target
        self.vault = vault
        self.vhosts = vhosts
        self.administrator = administrator
        self.needed = needed
        self.turn = threading.RLock()
        self.login = ""
        """The name with which this call has logged in."""
        self._header = ""

    # -- reading ---------------------------------------------------------------------------------------------------------------------

    def look(self, aws: Aws) -> Look | None:
        """What is inside the broker; None if it does not exist yet. All kinds share one look in each observation."""
        if self.target.unknown:
            if self.needed:
                hint = "Run the task that creates the broker first, and pass on its outputs."
                raise CallFailed(f"the address of the broker is not known (option endpoint: url is {self.target.url!r})", hint=hint)
            return None
        return aws.once(f"rabbitmq {self.target.url}", partial(self._look, aws))

    def _look(self, aws: Aws) -> Look:
        vhosts = {str(one["name"]): one for one in self.list(aws, "vhosts")}
        users = {str(one["name"]): one for one in self.list(aws, "users")}
        permissions = {(str(one["vhost"]), str(one["user"])): one for one in self.list(aws, "permissions")}
        queues = {name: self._queues(aws, name) for name in self.vhosts if name in vhosts}
        return Look(vhosts, users, permissions, queues)

    def _queues(self, aws: Aws, vhost: str) -> dict[str, Mapping[str, Any]]:
        return {str(one["name"]): one for one in self.list(aws, f"queues/{quoted(vhost)}?disable_stats=true&enable_queue_totals=true")}

    def list(self, aws: Aws, path: str) -> list[Mapping[str, Any]]:
        """A list. Anything but a list of objects is not RabbitMQ's answer, and proves nothing."""
        found = self._request(aws, "GET", path)
        if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
            raise CallFailed(f"{self.target.url} does not answer like RabbitMQ", f"GET /api/{path}", "NotRabbitMq", REACH_HINT)
        return found

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def put(self, aws: Aws, path: str, body: Mapping[str, Any]) -> None:
        with self.turn:
            self._request(aws, "PUT", path, body)

    def delete(self, aws: Aws, path: str) -> None:
        """Already gone is fine."""
        with self.turn:
            self._request(aws, "DELETE", path)

    # -- requests --------------------------------------------------------------------------------------------------------------------

    def _request(self, aws: Aws, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        if not self._header:
            self._log_in(aws)
        status, found = self._send(aws, method, path, body)
        if status == REFUSED:  # rotated meanwhile
            self._log_in(aws)
            status, found = self._send(aws, method, path, body)
        if status == 404 and method == "DELETE":
            return None
        if status in TEMPORARY:
            raise NotYet(f"the broker answers {status}", f"{method} /api/{path}", "Unavailable", dependency=True)
        if status >= 400:
            reason = found.get("reason") or found.get("error") if isinstance(found, Mapping) else ""
            raise CallFailed(f"RabbitMQ refuses it: {reason or status}", f"{method} /api/{path}", str(status), hint_for(status))
        return found

    def _log_in(self, aws: Aws) -> None:
        for version in self.vault.candidates(aws, self.target.secret_arn):
            name = str(version.values.get("username") or "")
            header = base64.b64encode(f"{name}:{version.password}".encode()).decode()
            self._header = f"Basic {header}"
            status, _found = self._send(aws, "GET", "whoami", None)
            if status != REFUSED:
                self.login = name
                return
        self._header = ""
        raise CallFailed(f"{self.target.url} refuses the administrator in {self.target.secret_arn}", "log in", "LoginRefused", LOGIN_HINT)

    def _send(self, aws: Aws, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, Any]:
        """(status, the parsed answer; None if there is none). Raises CallFailed if nothing like RabbitMQ answers."""
        changing = method != "GET"
        if changing and aws.fence:
            aws.fence()
        aws.count(mutating=changing)
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": self._header, "Content-Type": JSON, "Accept": JSON}
        request = urllib.request.Request(f"{self.target.url.rstrip('/')}/api/{path}", data, headers, method=method)  # noqa: S310
        if request.type != "https":
            raise CallFailed(f"{self.target.url} is not an https address", "connect", "Unencrypted", "Pass on console_url of the outputs.")
        try:
            with self._opener().open(request, timeout=SECONDS) as reply:
                return reply.status, parsed(reply.headers.get_content_type(), reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, parsed(error.headers.get_content_type(), error.read())
        except (OSError, ValueError) as error:
            raise self._unreachable(error) from None

    def _opener(self) -> urllib.request.OpenerDirector:
        """The certificates of Amazon MQ are those of a public authority; the rehearsal names its own."""
        context = ssl.create_default_context(cafile=self.target.ca or os.environ.get(REHEARSAL_CA) or None)
        return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))

    def _unreachable(self, error: Exception) -> CallFailed:
        return CallFailed(f"{self.target.url} cannot be reached from here: {error}", "connect", "Unreachable", REACH_HINT)


def parsed(content_type: str, body: bytes) -> Any:
    """A JSON body; None for any other."""
    try:
        return json.loads(body) if body and content_type == JSON else None
    except ValueError:
        return None


def hint_for(status: int) -> str:
    return "The administrator needs the tag administrator." if status == 403 else ""


REACH_HINT = (
    "A broker's management API is reachable only from its VPC and connected networks: set messaging_rabbitmq_host to a host there, "
    "and let the broker's security group admit it on port 443. To manage nothing inside, set messaging_manage_content: false."
)
LOGIN_HINT = "AWSPENDING was tried as well. If the password was changed by hand, set it to that of the secret."
