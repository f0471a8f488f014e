"""Python client of the administrative API."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from rehearsal.admin_url import authorization


class AdminError(Exception):
    """The administrative API refused a request; the message says why."""


class AdminClient:
    """``url`` includes the token, as in ``MAINSTAY_REHEARSAL_ADMIN``: http://admin:<token>@127.0.0.1:<port>."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._address = parts.netloc.rpartition("@")[2]
        self._headers = {"Content-Type": "application/json"}
        if parts.password:
            self._headers["Authorization"] = authorization(parts.password)

    def request(self, method: str, path: str, body: Any = None, timeout: float = 30) -> Any:
        connection = http.client.HTTPConnection(self._address, timeout=timeout)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            answer = connection.getresponse()
            content = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != HTTPStatus.OK:
            raise AdminError(content["error"])
        return content

    def health(self, timeout: float = 30) -> dict[str, Any]:
        answer: dict[str, Any] = self.request("GET", "/health", timeout=timeout)
        return answer

    def reset(self) -> None:
        """Empties the account, restores the initial settings, and removes faults and scripts."""
        self.request("POST", "/reset")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Changes the named settings and returns all settings."""
        answer: dict[str, Any] = self.request("PUT", "/settings", changes) if changes else self.request("GET", "/settings")
        return answer

    def policies(self, **documents: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
        """Attaches IAM policies to roles and returns those in force. A role with policies is judged by them alone; None removes them."""
        answer: dict[str, Any] = self.request("PUT", "/policies", documents) if documents else self.request("GET", "/policies")
        return answer

    def account(self, account_id: str) -> dict[str, Any]:
        """An account that the cloud plays from now on, with its keys: {"account_id", "credentials": {role: {"access_key_id", ...}}}."""
        answer: dict[str, Any] = self.request("POST", "/accounts", {"account_id": account_id})
        return answer

    def accounts(self) -> list[str]:
        """The IDs of the accounts that the cloud plays, its first one first."""
        answer: list[str] = self.request("GET", "/accounts")
        return answer

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self.request("GET", f"/requests?since={since}")
        return answer

    def clear_requests(self) -> None:
        self.request("DELETE", "/requests")

    def databases(self) -> dict[str, Any]:
        """The PostgreSQL servers of DB instances: {"ca_bundle": path, "instances": {resource ID: {host, port, user, running}}}."""
        answer: dict[str, Any] = self.request("GET", "/databases")
        return answer

    def caches(self) -> dict[str, Any]:
        """The Valkey servers: {"ca_bundle": path, "groups": {ARN: {"running", "endpoints": {name: "address:port"}}}}."""
        answer: dict[str, Any] = self.request("GET", "/caches")
        return answer

    def brokers(self) -> dict[str, Any]:
        """The management APIs of brokers: {"ca_bundle": path, "brokers": {ARN: URL}}."""
        answer: dict[str, Any] = self.request("GET", "/brokers")
        return answer

    def load_balancers(self) -> dict[str, Any]:
        """{"proxy": URL, "ca_bundle": path, "load_balancers": [{name, arn, dns_name, hosts, listeners}]}."""
        answer: dict[str, Any] = self.request("GET", "/load-balancers")
        return answer

    def arrived(self, receiver: str = "") -> list[dict[str, Any]]:
        """What the cloud has sent to the outside world, oldest first; of one receiver (pagerduty, slack, email, or a host), or all.

        Each {"n", "receiver", "host", "method", "path", "headers", "body", "status"}, or for e-mail {"to", "subject", "body"}.
        """
        answer: list[dict[str, Any]] = self.request("GET", f"/arrived?receiver={receiver}")
        return answer

    def clear_arrived(self) -> None:
        self.request("DELETE", "/arrived")

    def advance(self, seconds: float, region: str | None = None) -> dict[str, Any]:
        """Moves the cloud's clock ahead and evaluates the alarms of a region: {"changed": {name: state}}."""
        self.settings(clock_ahead_seconds=self.settings()["clock_ahead_seconds"] + seconds)
        return self.happen("cloudwatch", "evaluate_alarms", **({"region": region} if region else {}))

    def notes(self) -> dict[str, Any]:
        """The values noted since the last reset, by name."""
        answer: dict[str, Any] = self.request("GET", "/notes")
        return answer

    def note(self, name: str, value: Any) -> None:
        """Stores a value until the next reset."""
        self.request("POST", "/notes", {name: value})

    def script(self, kind: str, match: Mapping[str, Any], states: Sequence[Mapping[str, Any]]) -> None:
        """Scripts the states of one resource. `match` is {"id"}, {"name"} or {"tag": {key: value}}."""
        self.request("POST", "/scripts", {"kind": kind, "match": match, "states": states})

    def clear_scripts(self) -> None:
        self.request("DELETE", "/scripts")

    def happen(self, service: str, happening: str, **parameters: Any) -> dict[str, Any]:
        """Has AWS do on its own what only a test asks for, such as a maintenance window; see `happenings.py`."""
        answer: dict[str, Any] = self.request("POST", "/happenings", {"service": service, "happening": happening, **parameters})
        return answer

    def fault(self, service: str | None = None, operation: str | None = None, *, fault: str, **options: Any) -> None:
        """Injects a fault into selected calls. Options: mutating, nth, times, code, message, status, seconds."""
        self.request("POST", "/faults", {"service": service, "operation": operation, "fault": fault, **options})

    def faults(self) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self.request("GET", "/faults")
        return answer

    def clear_faults(self) -> None:
        self.request("DELETE", "/faults")
