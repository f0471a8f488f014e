# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The RDS Proxy of an instance, which pools connections."""

from __future__ import annotations

from dataclasses import dataclass

from ....inputs.reader import Reader
from ....inputs.values import as_text

AUTH = ("password", "iam")
"""How clients log in: ``password`` with those of the users' secrets, ``iam`` with tokens of IAM, which the proxy also uses itself."""

FILTERS = ("EXCLUDE_VARIABLE_SETS",)


@dataclass(frozen=True)
class Proxy:
    """Times are in seconds. An empty ``users`` means every user that logs in with a password."""

    auth: str = "password"
    users: tuple[str, ...] = ()
    idle_timeout: int = 1800
    borrow_timeout: int = 120
    max_connections_percent: int = 100
    max_idle_connections_percent: int = 50
    session_pinning_filters: tuple[str, ...] = ()
    init_query: str = ""


def read_proxy(reader: Reader) -> Proxy | None:
    """The proxy; None without one. An empty mapping is a proxy with all defaults."""
    if reader.given.get("proxy") is None:
        reader.take("proxy")
        return None
    section = reader.section("proxy")
    proxy = Proxy(
        auth=section.choice("auth", AUTH, "password"),
        users=section.items("users", (), as_text, "it must be the name of a user of this instance"),
        idle_timeout=section.integer("idle_timeout", 1800, 60, 28800),
        borrow_timeout=section.integer("borrow_timeout", 120, 0, 300),
        max_connections_percent=section.integer("max_connections_percent", 100, 1, 100),
        max_idle_connections_percent=section.integer("max_idle_connections_percent", 50, 0, 100),
        session_pinning_filters=section.items(
            "session_pinning_filters", (), lambda one: one if one in FILTERS else None, f"it must be {' or '.join(FILTERS)}"
        ),
        init_query=section.text("init_query", ""),
    )
    if proxy.max_idle_connections_percent > proxy.max_connections_percent:
        remedy = f"it must not be more than max_connections_percent, which is {proxy.max_connections_percent}"
        section.problems.add(section.at("max_idle_connections_percent"), proxy.max_idle_connections_percent, remedy)
    if proxy.auth == "iam" and proxy.users:
        remedy = "with auth: iam, every user that may log in with IAM can use the proxy; remove the list"
        section.problems.add(section.at("users"), list(proxy.users), remedy)
    section.finish()
    return proxy
