# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module's options: argument spec and validation. Reports all problems together, one sentence each, before the first API call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..kubernetes.values import FULL, MAX_UNAVAILABLE, Settings
from . import applied
from .judging.judge import KINDS
from .metrics import Metric
from .plan import Bake, Plan, ServiceCheck
from .probes import Probe
from .rollback_target import RollbackPolicy
from .target import Target

GROUP_VERSION = re.compile(r"[a-z0-9][-.a-z0-9]*/v[0-9][a-z0-9]*")
NAME = re.compile(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?")
AUTH: dict[str, Any] = {
    "eks_cluster": {"type": "str"},
    "kubeconfig": {"type": "raw", "no_log": True},
    "context": {"type": "str"},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
    "client_cert": {"type": "path", "aliases": ["cert_file"]},
    "client_key": {"type": "path", "aliases": ["key_file"], "no_log": False},
    "validate_certs": {"type": "bool", "default": True, "aliases": ["verify_ssl"]},
    "proxy": {"type": "str"},
}


def _dicts(**options: Any) -> dict[str, Any]:
    return {"type": "list", "elements": "dict", "default": [], "options": options}


PROBE: dict[str, Any] = {
    "url": {"type": "str"},
    "service": {"type": "str"},
    "namespace": {"type": "str"},
    "status": {"type": "list", "elements": "int", "default": [200]},
    "body": {"type": "str"},
    "headers": {"type": "dict", "default": {}},
    "version": {"type": "str"},
    "version_header": {"type": "str"},
    "version_body": {"type": "str"},
    "successes": {"type": "int", "default": 3},
    "interval": {"type": "float", "default": 1.0},
    "timeout": {"type": "float", "default": 5.0},
    "wait": {"type": "float", "default": 120.0},
    "validate_certs": {"type": "bool", "default": True},
    "ca_cert": {"type": "path"},
    "follow_redirects": {"type": "bool", "default": False},
}
METRIC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "prometheus": {
        "type": "dict",
        "options": {
            "url": {"type": "str", "required": True},
            "query": {"type": "str", "required": True},
            "token": {"type": "str", "no_log": True},
        },
    },
    "cloudwatch": {
        "type": "dict",
        "options": {
            "namespace": {"type": "str"},
            "metric": {"type": "str"},
            "dimensions": {"type": "dict", "default": {}},
            "statistic": {"type": "str", "default": "Average"},
            "expression": {"type": "str"},
        },
    },
    **{name: {"type": "float"} for name in ("maximum", "minimum", "max_ratio", "max_increase", "gross", "lag")},
    "min_samples": {"type": "int", "default": 1},
    "failure_limit": {"type": "int", "default": 0},
    "error_limit": {"type": "int", "default": 4},
    "on_no_data": {"type": "str", "default": "fail", "choices": ["fail", "pass", "extend"]},
    "interval": {"type": "float", "default": 60.0},
    "period": {"type": "int", "default": 60},
}
BAKE: dict[str, Any] = {name: {"type": "float", "default": 0.0} for name in ("duration", "initial_delay", "extension")}
ROLLBACK: dict[str, Any] = {
    "to": {"type": "str", "default": "verified", "choices": ["verified", "previous", "none"]},
    "timeout": {"type": "float", "default": 300.0},
    "first_release": {"type": "str", "default": "keep", "choices": ["keep", "scale_to_zero", "delete"]},
    "also_on": {"type": "list", "elements": "str", "default": [], "choices": ["inconclusive", "error"]},
}


def argument_spec() -> dict[str, Any]:
    return {
        "applied": {"type": "raw"},
        "workloads": _dicts(
            kind={"type": "str", "default": "Deployment"},
            name={"type": "str", "required": True},
            namespace={"type": "str"},
            allow_zero={"type": "bool", "default": False},
            api_version={"type": "str"},
        ),
        "namespace": {"type": "str", "default": "default"},
        "wait_timeout": {"type": "float", "default": 600.0},
        "deadline": {"type": "float"},
        "required": {"type": "str", "default": FULL},
        "allow_zero": {"type": "list", "elements": "str", "default": []},
        "on_delete": {"type": "str", "default": "fail", "choices": ["fail", "warn"]},
        "max_restarts": {"type": "int", "default": 1},
        "tolerated_pods": {"type": "int", "default": 0},
        "grace": {"type": "float", "default": 60.0},
        "scale_up_grace": {"type": "float", "default": 600.0},
        "crash_grace": {"type": "float", "default": 180.0},
        "settle": {"type": "float", "default": 15.0},
        "quiet": {"type": "float", "default": 240.0},
        "probes": _dicts(**PROBE),
        "metrics": _dicts(**METRIC),
        "bake": {"type": "dict", "options": BAKE, "apply_defaults": True},
        "rollback": {"type": "dict", "options": ROLLBACK, "apply_defaults": True},
        "record": {"type": "bool", "default": True},
        "lock": {"type": "bool", "default": True},
        "poll_interval": {"type": "float", "default": 5.0},
        **AUTH,
    }


def plan_of(params: Mapping[str, Any], *, check_mode: bool) -> tuple[Plan | None, list[str]]:
    """Return the plan, or every problem with the options."""
    targets, problems = _targets(params, check_mode)
    if params["eks_cluster"] and (also := [name for name in ("kubeconfig", "host", "context") if params[name]]):
        problems.append(f"eks_cluster and {also[0]} are both given; give only one way to reach the cluster")
    problems += _settings_wrong(params) + _probes_wrong(params["probes"]) + _metrics_wrong(params["metrics"], params["bake"])
    if problems:
        return None, problems
    plan = Plan(
        targets=tuple(targets),
        settings=_settings(params),
        services=tuple(_service(one, params) for one in params["probes"] if one["service"]),
        probes=tuple(_probe(one) for one in params["probes"] if one["url"]),
        metrics=tuple(_metric(one) for one in params["metrics"]),
        bake=Bake(**params["bake"]),
        rollback=None
        if params["rollback"]["to"] == "none"
        else RollbackPolicy(params["rollback"]["to"], params["rollback"]["first_release"]),
        rollback_seconds=params["rollback"]["timeout"],
        also_on=frozenset(params["rollback"]["also_on"]),
        not_verified=tuple(one for one in applied.not_verified(params["applied"] or ()) if one not in {str(target) for target in targets}),
        record=params["record"],
        lock=params["lock"],
        poll=params["poll_interval"],
    )
    deadline = params["deadline"]
    if deadline is not None and deadline < plan.longest:
        return None, [
            f"deadline is {deadline:g} s, but wait_timeout, the probes' wait, the bake and rollback.timeout add up to {plan.longest:g} s: "
            "raise it, or lower them"
        ]
    return plan, []


def _targets(params: Mapping[str, Any], check_mode: bool) -> tuple[list[Target], list[str]]:
    problems = []
    found = applied.targets(params["applied"], trusted=not check_mode) if params["applied"] else []
    for number, one in enumerate(params["workloads"]):
        known = one["kind"] in KINDS
        if not known and not GROUP_VERSION.fullmatch(one["api_version"] or ""):
            problems.append(
                f"workloads[{number}].kind is {one['kind']!r}; it has to be one of {', '.join(KINDS)}, or have an api_version such as "
                "argoproj.io/v1alpha1"
            )
        if not NAME.fullmatch(one["name"]):
            problems.append(f"workloads[{number}].name is {one['name']!r}, which is not a valid name of a workload")
        version = "" if known else str(one["api_version"] or "")
        target = Target(one["kind"], one["name"], one["namespace"] or params["namespace"], api_version=version)
        if not any(str(known) == str(target) for known in found):
            found.append(target)
        found = [replace(known, allow_zero=one["allow_zero"]) if str(known) == str(target) else known for known in found]
    zero = set(params["allow_zero"])
    found = [replace(known, allow_zero=True) if zero & _names(known) else known for known in found]
    problems += [
        f"allow_zero names {asked!r}; it has to be the name of a workload that is verified, such as web or StatefulSet/db"
        for asked in sorted(zero.difference(*map(_names, found)))
    ]
    if not found and not problems:
        missing = f"there is no {', '.join(list(KINDS)[:-1])} or {list(KINDS)[-1]} in it" if params["applied"] else "it is not given"
        problems.append(f"nothing to verify: name workloads, or give the result of the task that applied them as applied ({missing})")
    return found, problems


def _names(target: Target) -> set[str]:
    return {target.name, f"{target.kind}/{target.name}"}


def _settings(params: Mapping[str, Any]) -> Settings:
    return Settings(
        wait=params["wait_timeout"],
        required=params["required"],
        on_delete=params["on_delete"],
        max_restarts=params["max_restarts"],
        tolerated_pods=params["tolerated_pods"],
        grace=params["grace"],
        scale_up_grace=params["scale_up_grace"],
        crash_grace=params["crash_grace"],
        settle=0.0 if params["bake"]["duration"] >= params["settle"] else params["settle"],
        replace_wait=params["wait_timeout"],
        quiet=params["quiet"],
    )


def _settings_wrong(params: Mapping[str, Any]) -> list[str]:
    problems = [
        f"{name} is {params[name]:g}; it has to be more than 0" for name in ("wait_timeout", "quiet", "poll_interval") if params[name] <= 0
    ]
    problems += [
        f"{name} is {params[name]:g}; it cannot be negative"
        for name in ("max_restarts", "tolerated_pods", "grace", "scale_up_grace", "crash_grace", "settle")
        if params[name] < 0
    ]
    required = params["required"]
    if required not in (FULL, MAX_UNAVAILABLE) and not re.fullmatch(r"[1-9]\d*|(100|[1-9]\d?)%", required):
        problems.append(f"required is {required!r}; it has to be {FULL}, {MAX_UNAVAILABLE}, a number of pods or a percentage such as 80%")
    if params["rollback"]["to"] != "none" and params["rollback"]["timeout"] <= 0:
        problems.append(f"rollback.timeout is {params['rollback']['timeout']:g}; it has to be more than 0")
    return problems


def _probes_wrong(probes: Sequence[Mapping[str, Any]]) -> list[str]:
    problems = []
    for number, one in enumerate(probes):
        where = f"probes[{number}]"
        if not one["url"] and not one["service"]:
            problems.append(f"{where} needs url or service")
        if one["url"] and not re.match(r"https?://[^/]", one["url"]):
            problems.append(f"{where}.url is {one['url']!r}; it has to begin with http:// or https:// and a host")
        if bool(one["version"]) != bool(one["version_header"] or one["version_body"]):
            problems.append(f"{where} needs version together with version_header or version_body")
        if one["successes"] < 1 or one["wait"] < one["timeout"] + (one["successes"] - 1) * one["interval"]:
            problems.append(
                f"{where}.wait is {one['wait']:g} s, too short for {one['successes']} requests of up to {one['timeout']:g} s, "
                f"{one['interval']:g} s apart"
            )
        problems += [f"{where}.{name} is {one[name]!r}: {wrong}" for name in ("body", "version_body") if (wrong := _no_pattern(one[name]))]
    return problems


def _no_pattern(text: str | None) -> str:
    try:
        re.compile(text or "")
    except re.error as error:
        return f"not a regular expression ({error})"
    return ""


def _metrics_wrong(metrics: Sequence[Mapping[str, Any]], bake: Mapping[str, float]) -> list[str]:
    problems = []
    if metrics and bake["duration"] <= 0:
        problems.append("metrics need a time span to be measured over: set bake.duration, in seconds")
    for number, one in enumerate(metrics):
        where = f"metrics[{number}] ({one['name']})"
        if bool(one["prometheus"]) == bool(one["cloudwatch"]):
            problems.append(f"{where} needs either prometheus or cloudwatch")
        watched = one["cloudwatch"]
        if watched and not watched["expression"] and not (watched["namespace"] and watched["metric"]):
            problems.append(f"{where}.cloudwatch needs namespace and metric, or expression")
        if watched and (one["period"] < 60 or one["period"] % 60):
            problems.append(f"{where}.period is {one['period']}; CloudWatch needs a multiple of 60")
        if all(one[name] is None for name in ("maximum", "minimum", "max_ratio", "max_increase")):
            problems.append(f"{where} needs a bound: maximum, minimum, max_ratio or max_increase")
        if 0 < bake["duration"] < 2 * one["period"] + _lag(one):
            problems.append(
                f"bake.duration is {bake['duration']:g} s, too short for {where}: it needs two periods of {one['period']} s and "
                f"a lag of {_lag(one):g} s"
            )
    return problems


def _lag(one: Mapping[str, Any]) -> float:
    """CloudWatch publishes the most recent minutes late."""
    return float(one["lag"]) if one["lag"] is not None else 120.0 if one["cloudwatch"] else 0.0


def _service(one: Mapping[str, Any], params: Mapping[str, Any]) -> ServiceCheck:
    return ServiceCheck(one["service"], one["namespace"] or params["namespace"], one["wait"])


def _probe(one: Mapping[str, Any]) -> Probe:
    return Probe(
        url=one["url"],
        statuses=tuple(one["status"]),
        body=one["body"] or "",
        headers={str(name): str(value) for name, value in one["headers"].items()},
        version_header=one["version_header"] or "",
        version_body=one["version_body"] or "",
        version=one["version"] or "",
        successes=one["successes"],
        interval=one["interval"],
        timeout=one["timeout"],
        wait=one["wait"],
        verify=one["validate_certs"],
        authority=one["ca_cert"],
        redirects=one["follow_redirects"],
    )


def _metric(one: Mapping[str, Any]) -> Metric:
    source = {name: one[name] for name in ("prometheus", "cloudwatch") if one[name]}
    same = ("name", "maximum", "minimum", "max_ratio", "max_increase", "gross", "min_samples", "failure_limit", "error_limit")
    more = ("on_no_data", "interval", "period")
    return Metric(source=source, lag=_lag(one), **{name: one[name] for name in same + more})
