# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The probes that a pod template declares: how to describe them, and how long they may take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def describe(probe: Mapping[str, Any]) -> str:
    """Describe a probe, such as "GET :8080/healthz"."""
    if web := probe.get("httpGet"):
        return f"GET :{web.get('port')}{web.get('path') or '/'}"
    if socket := probe.get("tcpSocket"):
        return f"TCP :{socket.get('port')}"
    if call := probe.get("grpc"):
        return f"gRPC :{call.get('port')}"
    if command := (probe.get("exec") or {}).get("command"):
        return f"command {' '.join(str(part) for part in command)[:80]}"
    return "probe"


def allowance(container: Mapping[str, Any]) -> float:
    """Seconds that a container may need to start, according to its startup or readiness probe."""
    startup = container.get("startupProbe") or {}
    seconds = 0.0
    if startup:
        seconds = float(startup.get("failureThreshold") or 3) * float(startup.get("periodSeconds") or 10)
        seconds += float(startup.get("initialDelaySeconds") or 0)
    return seconds + float((container.get("readinessProbe") or {}).get("initialDelaySeconds") or 0)


def slowest_start(pod_spec: Mapping[str, Any]) -> float:
    return max((allowance(container) for container in pod_spec.get("containers") or ()), default=0.0)
