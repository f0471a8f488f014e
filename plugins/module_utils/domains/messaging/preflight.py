# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on what the role messaging describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...component.parts import Context, Described
from ...component.role_references import References
from ...inputs.networks import Network
from ...inputs.problems import Problems, suggestion
from ...inputs.values import as_integer
from ...reconcile.model import UNKNOWN
from .part import ALL
from .parts import validate
from .settings.stream import read_streams
from .spec import CONSENTS

PREFIX = "messaging_"
"""What the role's variables are named, besides the option of the module."""
LATER = {"subnet_ids": [UNKNOWN, UNKNOWN], "security_group_ids": [UNKNOWN]}
"""Stands for a network that is looked up, or created, before brokers and streams are."""

BROKER_GROUP = "broker"
"""The group of a network whose ports are those of its ``security.broker_ports``."""

REFERENCES = References(
    prefix="messaging",
    described="messaging_brokers",
    entry="broker",
    host="messaging_rabbitmq_host",
    tier="private",
    not_public="its subnets are public, and brokers and streams belong in private ones",
)


def input_errors(described: Any, name: str, context: Context | None = None) -> list[str]:
    """Every problem with one variable of the role, such as messaging_queues."""
    return problems({name: described}, context or Context("env", "queues"))


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the variables of the role that its argument specification cannot express."""
    component = str(variables.get("platform_component") or variables["inventory_hostname"])
    environment = str(variables.get("platform_environment") or "env")
    region, account_id = (str(variables.get(name) or "") for name in ("platform_region", "platform_account_id"))
    found = problems(variables, Context(environment, component, region, account_id))
    placed = variables.get("messaging_brokers") or variables.get("messaging_streams")
    return [*found, *(REFERENCES.errors(variables) if placed else ()), *closed_ports(variables, environment)]


def closed_ports(variables: Mapping[str, Any], environment: str) -> list[str]:
    """Ports of streams that the group of the network for brokers would not let clients reach."""
    network, group = variables.get("messaging_network"), variables.get("messaging_security_group")
    described = ((variables.get("__platform_inventory") or {}).get("networks") or {}).get(network)
    if not isinstance(described, Mapping) or group != BROKER_GROUP:
        return []
    opened = {as_integer(port) for port in (described.get("security") or {}).get("broker_ports") or ()}
    streams = read_streams(variables.get("messaging_streams"), "messaging_streams", environment, Network(), Problems())
    return [
        f"{one.path} takes clients with {mode} on port {port}, but vpc_networks.{network}.security.broker_ports lacks it; add {port}"
        for one in streams.values()
        for mode, port in one.ports.items()
        if not one.own_groups and port not in opened
    ]


def problems(variables: Mapping[str, Any], context: Context) -> list[str]:
    given = {name.removeprefix(PREFIX): value for name, value in variables.items() if name.startswith(PREFIX)}
    params = {**given, "network": LATER if given.get("network") else {}}
    found, messages = validate(given, replace(context, params=params))
    return [f"{PREFIX}{text}" for text in (*messages, *unknown_consents(given, found))]


def unknown_consents(given: Mapping[str, Any], found: Described) -> list[str]:
    """Consent for entries that do not exist would be consent for nothing: most likely a typo."""
    known, seen = [name for entries in found.values() for name in entries], Problems()
    for option in CONSENTS:
        for name in given.get(option) or ():
            if name != ALL and name not in known:
                remedy = f"nothing of this name is described; {suggestion(str(name), known)}"
                seen.add(option, name, remedy if known else "nothing is described; remove it")
    return seen.messages
