# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of postgres_objects, and the server that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...component.options import CHANGE, NAMES, OWNER, PATIENCE, shared
from ...inputs.values import NAMESPACE, as_port
from .server.link import Target

ENDPOINT: Mapping[str, Any] = {"host": {"type": "str"}, "port": {"type": "int", "default": 5432}, "ca": {"type": "str", "default": ""}}
LOGIN: Mapping[str, Any] = {
    "user": {"type": "str", "required": True},
    "secret_arn": {"type": "str", "no_log": False},
    "password": {"type": "str", "no_log": True},
    "iam": {"type": "bool", "default": False},
    "database": {"type": "str", "default": "postgres"},
}


def argument_spec() -> dict[str, Any]:
    """``secrets`` holds passwords, so it is no_log."""
    return {
        **shared(*dict.fromkeys((*OWNER, *CHANGE, *NAMES, *PATIENCE))),
        "name": {"type": "str", "required": True},
        "endpoint": {"type": "dict", "required": True, "options": dict(ENDPOINT)},
        "login": {"type": "dict", "required": True, "options": dict(LOGIN)},
        "databases": {"type": "dict", "default": {}},
        "users": {"type": "dict", "default": {}},
        "user_secrets": {"type": "dict", "default": {}, "no_log": False},
        "secrets": {"type": "dict", "default": {}, "no_log": True},
        "rotate": {"type": "list", "elements": "str", "default": []},
        "initial_database": {"type": "str", "default": ""},
    }


def target_of(params: Mapping[str, Any]) -> tuple[Target, list[str]]:
    """The server, and what is wrong with the options that describe it."""
    endpoint, login = params["endpoint"], params["login"]
    problems = []
    if not NAMESPACE.fullmatch(params["name"]):
        problems.append(f"name is {params['name']!r}; it must be lower-case letters, digits and '-', such as main")
    if as_port(endpoint["port"]) is None:
        problems.append(f"endpoint.port is {endpoint['port']!r}; it must be a port from 1 to 65535")
    ways = [key for key in ("secret_arn", "password", "iam") if login[key]]
    if len(ways) != 1:
        given = f"has {' and '.join(ways)}" if ways else "has none of them"
        problems.append(f"login {given}; it must have exactly one of secret_arn, password and iam: true")
    target = Target(
        host=endpoint["host"] or "",
        port=endpoint["port"],
        ca=endpoint["ca"],
        user=login["user"],
        database=login["database"],
        secret_arn=login["secret_arn"] or "",
        password=login["password"] or "",
        iam=login["iam"],
    )
    return target, problems
