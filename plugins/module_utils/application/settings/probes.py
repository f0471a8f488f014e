# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How Kubernetes finds out whether a container has started, is ready, and is alive. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...inputs.reader import Reader
from ...inputs.values import as_text

Probe = dict[str, Any]
KINDS = ("readiness", "liveness", "startup")
WAYS = ("path", "tcp", "grpc", "command")
TIMES = {"delay": "initialDelaySeconds", "period": "periodSeconds", "timeout": "timeoutSeconds", "failures": "failureThreshold"}
DEFAULTS: Mapping[str, Mapping[str, int]] = {
    "readiness": {"period": 5, "timeout": 2, "failures": 3},
    "liveness": {"period": 10, "timeout": 3, "failures": 6},
    "startup": {"period": 2, "timeout": 2, "failures": 60},
}
"""Two minutes to start, fifteen seconds to stop receiving requests, a minute until a restart."""

PATH = "it must be a path that begins with /, such as /healthz"


@dataclass(frozen=True)
class Probes:
    """The probes of one container as manifests by kind, and the path that its readiness probe requests, if it requests one."""

    manifests: Mapping[str, Probe] = field(default_factory=dict)
    path: str = ""

    def fields(self) -> dict[str, Probe]:
        return {f"{kind}Probe": dict(probe) for kind, probe in self.manifests.items()}


def as_path(value: Any) -> str | None:
    return value if isinstance(value, str) and value.startswith("/") and not any(sign.isspace() for sign in value) else None


def read_probes(reader: Reader, port: int | None) -> Probes:
    """``probe``, a path, or ``probes``, each kind in detail. ``port``: that of a service; None for a worker, which has only commands.

    A path becomes the startup and readiness probe. The liveness probe only connects: one that requests a page which needs the database
    restarts every pod when the database is slow, which is when restarts do the most harm.
    """
    given = reader.take("probe")
    path = as_path(given) if given is not None else None
    if given is not None and path is None:
        reader.problems.add(reader.at("probe"), given, PATH)
    section = reader.section("probes")
    found: dict[str, Probe] = {kind: probe for kind in KINDS if (probe := _read(section, kind, port))}
    section.finish()
    if path and port:
        found.setdefault("readiness", _timed("readiness", _http(path, "http")))
    elif path:
        reader.problems.add(reader.at("probe"), given, "a worker has no port to request it from; use probes.liveness.command")
    readiness = found.get("readiness")
    if readiness and port:
        way = {key: value for key, value in readiness.items() if key not in TIMES.values()}
        found.setdefault("startup", _timed("startup", way))
        found.setdefault("liveness", _timed("liveness", {"tcpSocket": {"port": "http"}}))
    requested = str((readiness or {}).get("httpGet", {}).get("path", ""))
    return Probes({kind: found[kind] for kind in KINDS if kind in found}, requested)


def _http(path: str, port: str | int) -> Probe:
    return {"httpGet": {"path": path, "port": port}}


def _timed(kind: str, way: Probe, **times: int) -> Probe:
    return {**way, **{TIMES[name]: value for name, value in {**DEFAULTS[kind], **times}.items() if name != "delay" or value}}


def _read(section: Reader, kind: str, port: int | None) -> Probe | None:
    reader = section.section(kind)
    if not reader.given:
        return None
    way = _way(reader, port)
    times = {
        "delay": reader.integer("delay", 0, 0, 3600),
        "period": reader.integer("period", DEFAULTS[kind]["period"], 1, 3600),
        "timeout": reader.integer("timeout", DEFAULTS[kind]["timeout"], 1, 3600),
        "failures": reader.integer("failures", DEFAULTS[kind]["failures"], 1, 3600),
    }
    reader.finish()
    return _timed(kind, way, **times) if way else None


def _way(reader: Reader, port: int | None) -> Probe | None:
    """Exactly one of ``path``, ``tcp``, ``grpc``, ``command``. ``port`` belongs to the first three and is the service's unless given."""
    named = [key for key in WAYS if reader.take(key) is not None]
    if len(named) != 1:
        text = f"it has {' and '.join(named)}" if named else "it has none"
        reader.problems.messages.append(f"{reader.path} must have exactly one of {', '.join(WAYS)}; {text}")
        reader.take("port")
        return None
    number = reader.integer("port", 0, 1, 65535)
    if named[0] == "command":
        command = reader.items("command", (), as_text, "it must be a list of strings, the program first")
        return {"exec": {"command": list(command)}} if command else None
    if not number and port is None:
        reader.problems.missing(reader.at("port"), "a worker has no port of its own; give the one that is probed")
        return None
    if named[0] == "path":
        value = reader.take("path")
        if as_path(value) is None:
            reader.problems.add(reader.at("path"), value, PATH)
            return None
        return _http(str(value), number or "http")
    if not reader.boolean(named[0], True):
        reader.problems.add(reader.at(named[0]), False, "it must be true; leave the probe out for none")
        return None
    return {"tcpSocket": {"port": number or "http"}} if named[0] == "tcp" else {"grpc": {"port": number or port}}
