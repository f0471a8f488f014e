"""Events of the controllers that a rehearsal plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rehearsal.kubernetes.plane import ControlPlane


@dataclass
class Memory:
    """What was said last about an object, by UID."""

    said: dict[str, str] = field(default_factory=dict)

    def is_new(self, uid: str, text: str) -> bool:
        """Whether this was not what was said last; an empty text says that nothing is wrong any more."""
        before, self.said[uid] = self.said.get(uid, ""), text
        return before != text


def warn(plane: ControlPlane, resource: Mapping[str, Any], kind: tuple[str, str], reason: str, message: str, component: str) -> None:
    """Records a warning about an object. `kind`: its API version and kind, which lists leave out."""
    metadata = resource["metadata"]
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    identity = {name: metadata[name] for name in ("namespace", "name", "uid", "resourceVersion")}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": {"apiVersion": kind[0], "kind": kind[1]} | identity,
        "type": "Warning",
        "reason": reason,
        "message": message,
        "source": {"component": component},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    plane.api.create(f"/api/v1/namespaces/{metadata['namespace']}/events", event)
