# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A platform as the module's option ``platform`` describes it: the fields of platform.py as mappings and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ...inputs.log_metrics import LogMetric
from ...inputs.problems import Problems, suggestion
from .platform import (
    Application,
    Backup,
    Broker,
    BrokerQueue,
    Bucket,
    Cache,
    Certificate,
    Cluster,
    Database,
    Distribution,
    HealthCheck,
    LoadBalancer,
    NatGateway,
    NodeGroup,
    Platform,
    Queue,
    Service,
    Stream,
    TargetGroup,
    WebAcl,
)

ITEMS: Mapping[str, type] = {
    "databases": Database,
    "caches": Cache,
    "queues": Queue,
    "brokers": Broker,
    "streams": Stream,
    "load_balancers": LoadBalancer,
    "clusters": Cluster,
    "node_groups": NodeGroup,
    "nat_gateways": NatGateway,
    "distributions": Distribution,
    "web_acls": WebAcl,
    "certificates": Certificate,
    "buckets": Bucket,
    "backups": Backup,
    "health_checks": HealthCheck,
    "applications": Application,
}
"""Field of Platform -> the type of its items."""

INSIDE: Mapping[tuple[type, str], type] = {
    (Broker, "queues"): BrokerQueue,
    (LoadBalancer, "target_groups"): TargetGroup,
    (Application, "services"): Service,
    (Application, "metrics"): LogMetric,
}
"""Fields of items that have items of their own."""


def read_platform(given: Any, path: str, problems: Problems, environment: str, region: str) -> Platform:
    """The platform that a mapping describes. Unknown fields and items without a name are recorded as errors."""
    mapping: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    if given is not None and not isinstance(given, Mapping):
        problems.add(path, given, "it must be a mapping")
    for name in mapping:
        if name not in ITEMS:
            problems.messages.append(f"{path}.{name} is not a setting; {suggestion(str(name), ITEMS)}")
    parts: dict[str, Any] = {name: _items(made, mapping.get(name), f"{path}.{name}", problems) for name, made in ITEMS.items()}
    return Platform(environment=environment, region=region, **parts)


def _items(made: type, given: Any, path: str, problems: Problems) -> tuple[Any, ...]:
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        problems.add(path, given, "it must be a list")
        return ()
    found = [_item(made, one, f"{path}[{position}]", problems) for position, one in enumerate(given)]
    return tuple(one for one in found if one is not None)


def _item(made: type, given: Any, path: str, problems: Problems) -> Any:
    if not isinstance(given, Mapping):
        problems.add(path, given, "it must be a mapping")
        return None
    known = {one.name for one in fields(made)}
    for name in given:
        if name not in known:
            problems.messages.append(f"{path}.{name} is not a setting; {suggestion(str(name), known)}")
    values = {name: _value(made, name, value, f"{path}.{name}", problems) for name, value in given.items() if name in known}
    try:
        return made(**values)
    except TypeError as error:
        problems.add(path, dict(given), f"it lacks a value: {str(error).partition(': ')[2] or error}")
        return None


def _value(made: type, name: str, value: Any, path: str, problems: Problems) -> Any:
    inner = INSIDE.get((made, name))
    return _items(inner, value, path, problems) if inner else _frozen(value)


def _frozen(value: Any) -> Any:
    """Lists as tuples, at any depth."""
    return tuple(_frozen(one) for one in value) if isinstance(value, list | tuple) else value
