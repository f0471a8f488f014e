"""What a broker contains, and RabbitMQ's management API over it: paths, answers, and refusals. No network here.

After "Management HTTP API" in the RabbitMQ documentation. A user whose call gives neither a password nor a hash has none afterwards, and an
existing queue that is declared with other arguments is refused, as RabbitMQ does.
"""

from __future__ import annotations

import base64
import hashlib
import os
import threading
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ALGORITHM = "rabbit_password_hashing_sha256"
EVERYTHING = {"configure": ".*", "write": ".*", "read": ".*"}

type Answer = tuple[int, Any]


def hash_of(password: str, salt: bytes | None = None) -> str:
    salt = os.urandom(4) if salt is None else salt
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def matches(stored: str, password: str) -> bool:
    return bool(stored) and hash_of(password, base64.b64decode(stored)[:4]) == stored


@dataclass
class Management:
    """`version`: returns the broker's version. `running`: whether it answers. users: name -> user; queues: (vhost, name) -> queue."""

    version: Callable[[], str]
    running: Callable[[], bool]
    users: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    vhosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    permissions: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    queues: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def begun(self, administrator: str, password: str) -> Management:
        """With its first administrator and the default virtual host."""
        self.users[administrator] = user(hash_of(password), ["administrator"])
        self.vhosts["/"] = vhost({"description": "Default virtual host"}, self.default_type)
        self.permissions["/", administrator] = dict(EVERYTHING)
        return self

    @property
    def default_type(self) -> str:
        return "classic" if self.version().startswith("3") else "quorum"

    def answer(self, method: str, target: str, body: Mapping[str, Any], login: tuple[str, str]) -> Answer:
        """(status, content) of a call. `target`: the path after /api/, still quoted."""
        with self.lock:
            if not self.running():
                return 503, None
            name, password = login
            if name not in self.users or not matches(self.users[name]["password_hash"], password):
                return 401, {"error": "not_authorized", "reason": "Login failed"}
            parts = [urllib.parse.unquote(part) for part in target.partition("?")[0].split("/")]
            if method != "GET" and "administrator" not in self.users[name]["tags"]:
                return 403, {"error": "not_authorized", "reason": "User not authorised"}
            found = getattr(self, f"_{method.lower()}_{parts[0]}", None)
            return found(parts[1:], body, name) if found else (404, {"error": "Object Not Found", "reason": "Not Found"})

    # -- reading ---------------------------------------------------------------------------------------------------------------------

    def _get_whoami(self, _parts: list[str], _body: Any, caller: str) -> Answer:
        return 200, {"name": caller, "tags": self.users[caller]["tags"]}

    def _get_overview(self, _parts: list[str], _body: Any, _caller: str) -> Answer:
        return 200, {"rabbitmq_version": self.version(), "product_name": "RabbitMQ"}

    def _get_vhosts(self, _parts: list[str], _body: Any, _caller: str) -> Answer:
        return 200, [{"name": name, **one} for name, one in self.vhosts.items()]

    def _get_users(self, _parts: list[str], _body: Any, _caller: str) -> Answer:
        return 200, [{"name": name, **one} for name, one in self.users.items()]

    def _get_permissions(self, _parts: list[str], _body: Any, _caller: str) -> Answer:
        return 200, [{"vhost": host, "user": name, **one} for (host, name), one in self.permissions.items()]

    def _get_queues(self, parts: list[str], _body: Any, _caller: str) -> Answer:
        if parts and parts[0] not in self.vhosts:
            return 404, {"error": "Object Not Found", "reason": "Not Found"}
        return 200, [{"vhost": host, "name": name, **one} for (host, name), one in self.queues.items() if not parts or host == parts[0]]

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def _put_vhosts(self, parts: list[str], body: Mapping[str, Any], caller: str) -> Answer:
        new = parts[0] not in self.vhosts
        self.vhosts[parts[0]] = vhost(body, self.default_type)
        if new:
            self.permissions[parts[0], caller] = dict(EVERYTHING)
        return 201 if new else 204, None

    def _put_users(self, parts: list[str], body: Mapping[str, Any], _caller: str) -> Answer:
        new = parts[0] not in self.users
        stored = hash_of(str(body["password"])) if body.get("password") else str(body.get("password_hash") or "")
        tags = body.get("tags") or ""
        self.users[parts[0]] = user(stored, tags.split(",") if isinstance(tags, str) else list(tags))
        return 201 if new else 204, None

    def _put_permissions(self, parts: list[str], body: Mapping[str, Any], _caller: str) -> Answer:
        host, name = parts
        if host not in self.vhosts or name not in self.users:
            return 400, {"error": "bad_request", "reason": "vhost_or_user_not_found"}
        new = (host, name) not in self.permissions
        self.permissions[host, name] = {part: str(body.get(part) or "") for part in EVERYTHING}
        return 201 if new else 204, None

    def _put_queues(self, parts: list[str], body: Mapping[str, Any], _caller: str) -> Answer:
        host, name = parts
        if host not in self.vhosts:
            return 404, {"error": "Object Not Found", "reason": "Not Found"}
        arguments = dict(body.get("arguments") or {})
        kind = str(arguments.get("x-queue-type") or self.vhosts[host]["default_queue_type"])
        found = self.queues.get((host, name))
        if found and (found["type"], found["arguments"]) != (kind, arguments):
            return 400, {"error": "bad_request", "reason": f"inequivalent arg for queue '{name}' in vhost '{host}'"}
        made = {"type": kind, "durable": body.get("durable", True), "auto_delete": body.get("auto_delete", False), "arguments": arguments}
        self.queues[host, name] = found or {**made, "messages": 0}
        return 204 if found else 201, None

    def _delete_vhosts(self, parts: list[str], _body: Any, _caller: str) -> Answer:
        if self.vhosts.pop(parts[0], None) is None:
            return 404, {"error": "Object Not Found", "reason": "Not Found"}
        for known in (self.permissions, self.queues):
            for key in [key for key in known if key[0] == parts[0]]:
                known.pop(key)
        return 204, None

    def _delete_users(self, parts: list[str], _body: Any, _caller: str) -> Answer:
        if self.users.pop(parts[0], None) is None:
            return 404, {"error": "Object Not Found", "reason": "Not Found"}
        for key in [key for key in self.permissions if key[1] == parts[0]]:
            self.permissions.pop(key)
        return 204, None

    def _delete_permissions(self, parts: list[str], _body: Any, _caller: str) -> Answer:
        return (204, None) if self.permissions.pop((parts[0], parts[1]), None) else (404, None)

    def _delete_queues(self, parts: list[str], _body: Any, _caller: str) -> Answer:
        return (204, None) if self.queues.pop((parts[0], parts[1]), None) else (404, None)


def user(password_hash: str, tags: list[str]) -> dict[str, Any]:
    return {"password_hash": password_hash, "hashing_algorithm": ALGORITHM, "tags": [tag for tag in tags if tag], "limits": {}}


def vhost(body: Mapping[str, Any], default_type: str) -> dict[str, Any]:
    tags = body.get("tags") or ""
    shown = {
        "description": str(body.get("description") or ""),
        "tags": [tag for tag in (tags.split(",") if isinstance(tags, str) else tags) if tag],
        "default_queue_type": str(body.get("default_queue_type") or default_type),
    }
    return {**shown, "metadata": dict(shown)}
