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


def is_sidecar(init_container: Mapping[str, Any]) -> bool:
    """Whether an init container is a sidecar, which keeps running with the others. Only sidecars may have probes."""
    return init_container.get("restartPolicy") == "Always"


def slowest_start(pod_spec: Mapping[str, Any]) -> float:
    """Seconds that a pod may need to start. Init containers start one after another, then the others in parallel."""
    before = sum(allowance(container) for container in pod_spec.get("initContainers") or ())
    return before + max((allowance(container) for container in pod_spec.get("containers") or ()), default=0.0)


def is_vouched_for(workload_spec: Mapping[str, Any]) -> bool:
    """Whether Ready means that the application works: each container has a probe, or pods must stay ready for a while anyway."""
    if float(workload_spec.get("minReadySeconds") or 0) > 0:
        return True
    containers = ((workload_spec.get("template") or {}).get("spec") or {}).get("containers") or ()
    return all(container.get("readinessProbe") or container.get("startupProbe") for container in containers)
