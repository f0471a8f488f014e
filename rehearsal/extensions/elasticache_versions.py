"""Engines, their versions and families, node types, and the calls that describe them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from rehearsal.extensions.elasticache_common import group_of
from rehearsal.query_api import contradictory, invalid, page
from rehearsal.registry import Call, answers

ENGINES = {"redis": "Redis", "valkey": "Valkey"}


@dataclass(frozen=True)
class Version:
    """`text` is how calls name it, `full` how a cluster shows it."""

    engine: str
    text: str
    full: str
    family: str

    @property
    def number(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.full.split("."))


VERSIONS = (
    Version("redis", "4.0.10", "4.0.10", "redis4.0"),
    Version("redis", "5.0.6", "5.0.6", "redis5.0"),
    Version("redis", "6.0", "6.0.5", "redis6.x"),
    Version("redis", "6.2", "6.2.6", "redis6.x"),
    Version("redis", "7.0", "7.0.7", "redis7"),
    Version("redis", "7.1", "7.1.0", "redis7"),
    Version("valkey", "7.2", "7.2.6", "valkey7"),
    Version("valkey", "8.0", "8.0.1", "valkey8"),
    Version("valkey", "8.1", "8.1.0", "valkey8"),
    Version("valkey", "8.2", "8.2.0", "valkey8"),
    Version("valkey", "9.0", "9.0.0", "valkey9"),
)
DEFAULTS = {"redis": "7.1", "valkey": "8.2"}
FAMILIES = tuple(dict.fromkeys(version.family for version in VERSIONS))
WITH_RBAC, WITH_LOGS, WITH_ENGINE_LOG, WITH_ENCRYPTION_CHANGES, WITH_MODE_CHANGES = (6,), (6,), (6, 2), (7, 0, 5), (7, 0)
WITH_DURABILITY = (9,)
"""The first versions, of both engines, that have a feature."""


def engine_named(value: Any) -> str:
    """The engine of users and user groups, which calls may write in capitals."""
    text = str(value or "").lower()
    if text not in ENGINES:
        raise invalid(f"Unknown parameter for Engine: {value}, must be one of: {', '.join(ENGINES)}")
    return text


def version_of(engine: Any, asked: Any = None) -> Version:
    """The version that a call names, such as 7.1, 7.1.0, or 6.x; the engine's default without one."""
    name = str(engine or "redis").lower()
    if name not in ENGINES:
        raise invalid(f"Invalid cache engine: {engine}. The rehearsal cloud has {' and '.join(ENGINES)}.")
    text = str(asked or DEFAULTS[name])
    if text == "6.x":
        text = "6.2"
    for version in VERSIONS:
        if version.engine == name and text in (version.text, version.full):
            return version
    raise contradictory(f"Cannot find version {text} for {name}")


def full_version(engine: str, full: str) -> Version:
    """The version that a cluster runs."""
    return next(version for version in VERSIONS if version.engine == engine and version.full == full)


BURSTABLE = ("micro", "small", "medium")
MEMORY = ("large", "xlarge", "2xlarge", "4xlarge")
LARGER = ("8xlarge", "12xlarge", "16xlarge")
NODE_TYPES = {
    **dict.fromkeys(("t2", "t3", "t4g"), BURSTABLE),
    "m4": (*MEMORY, "10xlarge"),
    "r4": (*MEMORY, "8xlarge", "16xlarge"),
    **dict.fromkeys(("m5", "r5"), (*MEMORY, "12xlarge", "24xlarge")),
    **dict.fromkeys(("m6g", "m7g", "r6g", "r7g"), (*MEMORY, *LARGER)),
    "c7gn": (*MEMORY, *LARGER),
    "r6gd": ("xlarge", "2xlarge", "4xlarge", *LARGER),
}
TIERED = "cache.r6gd."
"""The node types with data tiering."""


@cache
def node_types() -> tuple[str, ...]:
    return tuple(f"cache.{family}.{size}" for family, sizes in NODE_TYPES.items() for size in sizes)


def check_node_type(name: Any) -> str:
    if not name:
        raise invalid("The parameter CacheNodeType must be provided and must not be blank.")
    if name not in node_types():
        raise invalid(f"Invalid cache node type: {name}.")
    return str(name)


@answers("elasticache", "DescribeCacheEngineVersions")
def describe(call: Call) -> Any:
    engine, text, family = call.get("Engine"), call.get("EngineVersion"), call.get("CacheParameterGroupFamily")
    found = [
        {
            "Engine": version.engine,
            "EngineVersion": version.text,
            "CacheParameterGroupFamily": version.family,
            "CacheEngineDescription": ENGINES[version.engine],
            "CacheEngineVersionDescription": f"{version.engine} version {version.full}",
        }
        for version in VERSIONS
        if engine in (None, version.engine)
        and text in (None, version.text, version.full)
        and family in (None, version.family)
        and (not call.get("DefaultOnly") or DEFAULTS[version.engine] == version.text)
    ]
    return page(call, "CacheEngineVersions", found)


@answers("elasticache", "ListAllowedNodeTypeModifications")
def describe_node_types(call: Call) -> Any:
    """Larger and smaller types are told apart by their place in the list of a family."""
    current = group_of(call).node_type
    allowed = [name for name in node_types() if name != current and name.startswith(TIERED) == current.startswith(TIERED)]
    family, sizes = current.split(".")[1], NODE_TYPES[current.split(".")[1]]
    place = sizes.index(current.split(".")[2])
    up = [name for name in allowed if name.split(".")[1] != family or sizes.index(name.split(".")[2]) > place]
    return {"ScaleUpModifications": up, "ScaleDownModifications": [name for name in allowed if name not in up]}
