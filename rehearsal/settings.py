"""Settings of a running cloud and their validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rehearsal import rate_limits
from rehearsal.quotas import QUOTAS
from rehearsal.receivers.playing import DEFAULTS as RECEIVERS
from rehearsal.receivers.playing import receivers as _receivers

# During an update, EKS waits 15 minutes for nodes to join and for pods to leave, and five minutes if a node is to be removed anyway
# (`node_drain`). `load_balancer` is how long its controller takes to delete one.
PATIENCE = {"node_join": 120.0, "pod_eviction": 60.0, "node_drain": 20.0, "load_balancer": 0.0}

# How long a load balancer takes to register a target, and to stop sending requests to one that is deregistered; and how often its metrics
# appear. On AWS, a few seconds each, and a minute.
TRAFFIC = {"registration": 0.3, "propagation": 0.5, "metrics": 60.0}
TERMINATION_SCALE = 0.1


@dataclass
class Settings:
    """The defaults describe the fastest cloud: no delay, everything available at once, no quotas, every region enabled.

    latency_ms: added to every request, in milliseconds.
    transition_seconds: how long a resource stays in a state such as "pending"; per kind, else "default".
    visibility_seconds: how long a new resource is missing from describe and list calls.
    propagation_seconds: how long a new IAM role is unknown to other services.
    quotas: limits per region, by their names in `services/`; an absent quota is unlimited. "aws" means AWS's defaults.
    disabled_regions: opt-in regions that this account has not enabled.
    control_planes: whether EKS clusters have real control planes; if not, they exist in the EKS API only, which costs no memory or time.
    databases: whether DB instances have real PostgreSQL servers; if not, they exist in the RDS API only, which costs no memory or time.
    caches: whether ElastiCache replication groups have real Valkey servers, which start with the first connection; if not, they exist in
        the ElastiCache API only.
    brokers: whether brokers of Amazon MQ have a management API that answers; if not, their addresses are names like those of AWS.
    clock_ahead_seconds: how far the clock is ahead by which AWS counts hours between changes, such as six between two changes of storage.
    rds_failing_upgrades: by DB instance identifier, the text with which the precheck of its next major upgrade fails.
    restorable_lag_seconds: how far the latest restorable time of DB instances is behind. AWS's is about 300.
    secret_rotation_seconds: how long the rotation of a master password takes after the server has the new one; until then, the secret's
        current version does not log in.
    rds_restored_versions: by engine version, the version with which an instance restored from it comes up, as after the end of support.
    eks_insights: what EKS reports as blocking an upgrade, see `extensions/eks_insights.py`; each {"cluster", "name", "status", ...}.
    eks_failing_updates: by the type of an EKS update, such as VersionUpdate, the error with which it fails: "errorCode", "errorMessage".
    patience_seconds: how long simulated components wait before they give up, by the names in `PATIENCE`.
    traffic_seconds: what takes time in load balancers, by the names in `TRAFFIC`.
    termination_scale: the share of the time on AWS that preStop hooks, termination grace, deregistration delays, and health checks take,
        in clusters created from then on.
    leaked_interface_seconds: how long the network interfaces of pods stay in use after their node is gone; then they remain as available.
        0: none remains.
    pushed_images: by the name of an ECR repository, the images that appear in it once it is created, as if a pipeline had pushed them:
        each a tag, or {"tag", "platforms", "index"}, as in a seed.
    sts_hosts: further hosts, with ports, at which this STS is reached: those of proxies in front of it. A login to a cluster is a request
        signed for one of its hosts.
    receivers: the hosts of the outside world that the cloud can reach, all on loopback: by host, what plays it (pagerduty, slack, silent,
        failing), or the URL of a server on this machine. What arrives is recorded: see `receivers/`.
    rate_limits: limits on the rate of calls, see `rate_limits.py`; "aws" means the rates that AWS publishes, {} means none.
    """

    latency_ms: float = 0.0
    transition_seconds: dict[str, float] = field(default_factory=lambda: {"default": 0.0})
    visibility_seconds: float = 0.0
    propagation_seconds: float = 0.0
    quotas: dict[str, int] = field(default_factory=dict)
    disabled_regions: list[str] = field(default_factory=list)
    control_planes: bool = True
    databases: bool = True
    caches: bool = True
    brokers: bool = True
    clock_ahead_seconds: float = 0.0
    rds_failing_upgrades: dict[str, str] = field(default_factory=dict)
    restorable_lag_seconds: float = 0.0
    secret_rotation_seconds: float = 0.0
    rds_restored_versions: dict[str, str] = field(default_factory=dict)
    eks_insights: list[dict[str, Any]] = field(default_factory=list)
    eks_failing_updates: dict[str, dict[str, Any]] = field(default_factory=dict)
    patience_seconds: dict[str, float] = field(default_factory=lambda: dict(PATIENCE))
    traffic_seconds: dict[str, float] = field(default_factory=lambda: dict(TRAFFIC))
    termination_scale: float = TERMINATION_SCALE
    leaked_interface_seconds: float = 0.0
    pushed_images: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sts_hosts: list[str] = field(default_factory=list)
    receivers: dict[str, str] = field(default_factory=lambda: dict(RECEIVERS))
    rate_limits: dict[str, tuple[float, float]] = field(default_factory=dict)

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """A copy with the given settings replaced. Raises ValueError that names an unknown setting or one with an invalid value."""
        values = asdict(self)
        for name, value in changes.items():
            if name not in _CHECKS:
                raise ValueError(f"unknown setting {name!r}; known settings: {', '.join(sorted(_CHECKS))}")
            try:
                values[name] = _CHECKS[name](value)
            except (TypeError, ValueError, AttributeError) as error:
                raise ValueError(f"setting {name!r} cannot be {value!r}: {error}") from None
        return Settings(**values)

    def seconds_for(self, kind: str) -> float:
        """How long a transition of this kind of resource takes."""
        return self.transition_seconds.get(kind, self.transition_seconds.get("default", 0.0))

    def errors_of(self, update: str) -> list[dict[str, Any]]:
        """The errors with which updates of this type fail; none if they do not."""
        found = self.eks_failing_updates.get(update)
        return [{"resourceIds": [], **found}] if found else []

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _not_negative(value: Any) -> float:
    number = float(value)
    if number < 0:
        raise ValueError("it is negative")
    return number


def _delays(value: Any) -> dict[str, float]:
    return {"default": 0.0} | {str(kind): _not_negative(seconds) for kind, seconds in value.items()}


def _patience(value: Any) -> dict[str, float]:
    return _of_known(PATIENCE, "nothing waits for", value)


def _traffic(value: Any) -> dict[str, float]:
    found = _of_known(TRAFFIC, "no part of a load balancer's time is", value)
    if found["metrics"] < 0.1:
        raise ValueError("metrics appear at most every 0.1 seconds")
    return found


def _of_known(defaults: dict[str, float], unknown_is: str, value: Any) -> dict[str, float]:
    if unknown := sorted(set(value) - set(defaults)):
        raise ValueError(f"{unknown_is} {unknown[0]!r}; known names: {', '.join(sorted(defaults))}")
    return defaults | {str(name): _not_negative(seconds) for name, seconds in value.items()}


def _limits(value: Any) -> dict[str, int]:
    if value == "aws":
        return {name: quota.default for name, quota in QUOTAS.items()}
    if unknown := sorted(set(value) - set(QUOTAS)):
        raise ValueError(f"there is no quota {unknown[0]!r}; known quotas: {', '.join(sorted(QUOTAS))}")
    return {str(name): int(_not_negative(limit)) for name, limit in value.items()}


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        raise TypeError("a list is expected")
    return [str(name) for name in value]


def _failures(value: Any) -> dict[str, dict[str, Any]]:
    for kind, error in value.items():
        if not {"errorCode", "errorMessage"} <= set(error) <= {"errorCode", "errorMessage", "resourceIds"}:
            raise ValueError(f"{kind} needs errorCode and errorMessage, and may have resourceIds; it has {', '.join(sorted(error))}")
    return {str(kind): dict(error) for kind, error in value.items()}


INSIGHT_STATUSES = ("PASSING", "WARNING", "ERROR", "UNKNOWN")
INSIGHT_MEMBERS = frozenset(
    {
        *("cluster", "name", "status", "reason", "category", "kubernetesVersion", "recommendation", "resources"),
        *("deprecationDetails", "addonCompatibilityDetails"),
    }
)


def _insights(value: Any) -> list[dict[str, Any]]:
    found = [dict(entry) for entry in value]
    for entry in found:
        if unknown := sorted(set(entry) - INSIGHT_MEMBERS):
            raise ValueError(f"an insight has no member {unknown[0]!r}; known members: {', '.join(sorted(INSIGHT_MEMBERS))}")
        if entry.get("status", "ERROR") not in INSIGHT_STATUSES:
            raise ValueError(f"the status of an insight is one of {', '.join(INSIGHT_STATUSES)}, not {entry['status']!r}")
    return found


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is expected")
    return value


def _texts(value: Any) -> dict[str, str]:
    if any(not isinstance(text, str) for text in value.values()):
        raise TypeError("texts are expected")
    return {str(name): text for name, text in value.items()}


def _images(value: Any) -> dict[str, list[dict[str, Any]]]:
    found = {str(name): [{"tag": one} if isinstance(one, str) else dict(one) for one in images] for name, images in value.items()}
    for one in (image for images in found.values() for image in images):
        if "tag" not in one or set(one) - {"tag", "platforms", "index"}:
            raise ValueError(f"an image has tag, platforms, and index; this one has {', '.join(sorted(one))}")
    return found


_CHECKS = {
    "latency_ms": _not_negative,
    "transition_seconds": _delays,
    "visibility_seconds": _not_negative,
    "propagation_seconds": _not_negative,
    "quotas": _limits,
    "disabled_regions": _names,
    "sts_hosts": _names,
    "control_planes": _yes_or_no,
    "databases": _yes_or_no,
    "caches": _yes_or_no,
    "brokers": _yes_or_no,
    "clock_ahead_seconds": _not_negative,
    "rds_failing_upgrades": _texts,
    "restorable_lag_seconds": _not_negative,
    "secret_rotation_seconds": _not_negative,
    "rds_restored_versions": _texts,
    "eks_insights": _insights,
    "eks_failing_updates": _failures,
    "patience_seconds": _patience,
    "traffic_seconds": _traffic,
    "termination_scale": _not_negative,
    "leaked_interface_seconds": _not_negative,
    "pushed_images": _images,
    "receivers": _receivers,
    "rate_limits": rate_limits.parse,
}
