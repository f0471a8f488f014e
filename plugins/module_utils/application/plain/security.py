# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of a pod a Pod Security Standard refuses (kubernetes.io/docs/concepts/security/pod-security-standards). Pure functions.

The API server refuses such pods only when a Deployment's controller creates them, which a dry run of the Deployment does not show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...cluster_objects.isolation import STANDARDS
from ...kubernetes.objects import containers_of

RESTRICTED, BASELINE, PRIVILEGED = STANDARDS
VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image", "name"}
)
PROFILES = ("RuntimeDefault", "Localhost")
CAPABILITIES = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
        *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
"""Those that baseline lets a container add."""


def violations(spec: Mapping[str, Any], standard: str) -> list[str]:
    """What a standard refuses of a pod, as what would be right."""
    if standard == PRIVILEGED:
        return []
    found = [*_baseline(spec), *(_restricted(spec) if standard == RESTRICTED else ())]
    return list(dict.fromkeys(found))


def _context(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    return thing.get("securityContext") or {}


def _baseline(spec: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"no {field}" for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field))
    yield from (f"no hostPath volume {volume.get('name')}" for volume in spec.get("volumes") or () if "hostPath" in volume)
    for container in containers_of(spec):
        name = container.get("name")
        if _context(container).get("privileged"):
            yield f"{name} without privileged"
        if any(port.get("hostPort") for port in container.get("ports") or ()):
            yield f"{name} without hostPort"
        if added := set((_context(container).get("capabilities") or {}).get("add") or ()) - CAPABILITIES:
            yield f"{name} without the capabilities {', '.join(sorted(map(str, added)))}"


def _restricted(spec: Mapping[str, Any]) -> Iterator[str]:
    pod = _context(spec)
    for volume in spec.get("volumes") or ():
        if others := set(volume) - VOLUMES - {"hostPath"}:
            yield f"no {', '.join(sorted(others))} volume {volume.get('name')}"
    for container in containers_of(spec):
        own, name = _context(container), container.get("name")
        whole = {**{key: pod[key] for key in ("runAsNonRoot", "runAsUser", "seccompProfile") if key in pod}, **own}
        capabilities = own.get("capabilities") or {}
        if whole.get("runAsNonRoot") is not True:
            yield "runAsNonRoot: true"
        if whole.get("runAsUser") == 0:
            yield f"{name} with a runAsUser other than 0"
        if (whole.get("seccompProfile") or {}).get("type") not in PROFILES:
            yield "seccompProfile: {type: RuntimeDefault}"
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"{name} with allowPrivilegeEscalation: false"
        if "ALL" not in (capabilities.get("drop") or ()):
            yield f"{name} with capabilities: {{drop: [ALL]}}"
        if set(capabilities.get("add") or ()) & CAPABILITIES - {"NET_BIND_SERVICE"}:
            yield f"{name} with no added capability but NET_BIND_SERVICE"
