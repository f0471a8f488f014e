"""Behaviors of simulated pods, as data: how containers end, what they wait for, how long each phase takes."""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "rehearsal.mainstay"
DRIVER = "secrets-store.csi.k8s.io"
"""The CSI driver whose volumes pods wait for."""
MOUNTED = f"{PREFIX}/mounted"
"""The annotation of a pod whose volumes of that driver are mounted."""


@dataclass(frozen=True)
class Exit:
    """A container that exits repeatedly."""

    reason: str
    code: int
    init: bool = False


@dataclass(frozen=True)
class Waiting:
    """A container that waits forever. `again` and `again_message`: what it reports between two attempts.

    Messages are templates: $item is the container.
    """

    reason: str
    message: str
    event: tuple[str, str]
    again: str = ""
    again_message: str = ""


_UNPACK = 'failed to pull and unpack image \\"{{ $item.image }}\\"'
_RESOLVE = 'failed to resolve reference \\"{{ $item.image }}\\": {{ $item.image }}: not found'
_PULL = f"rpc error: code = NotFound desc = {_UNPACK}: {_RESOLVE}"

RUNNING = {
    "normal": "runs and is ready at once; that of a Job ends well",
    "slow-start": "is ready after rehearsal.mainstay/delay, 10s unless given",
    "never-ready": "runs, and its readiness probe fails",
    "init-stuck": "its first init container never ends",
    "stuck-terminating": "is ready at once, and does not go when it is deleted",
}
EXITS = {
    "crash-loop": Exit("Error", 1),
    "oom": Exit("OOMKilled", 137),
    "exits": Exit("Completed", 0),
    "init-crash-loop": Exit("Error", 1, init=True),
}
WAITS = {
    "image-not-found": Waiting(
        "ErrImagePull",
        _PULL,
        ("Failed", "Error: ErrImagePull"),
        "ImagePullBackOff",
        f'Back-off pulling image \\"{{{{ $item.image }}}}\\": ErrImagePull: {_PULL}',
    ),
    "config-error": Waiting("CreateContainerConfigError", 'secret \\"app\\" not found', ("Failed", 'Error: secret "app" not found')),
    "pending": Waiting(
        "ContainerCreating", "", ("FailedMount", 'MountVolume.SetUp failed for volume "config" : configmap "app" not found')
    ),
}
BEHAVIORS = (*RUNNING, *EXITS, *WAITS)

# Defaults in milliseconds; an annotation overrides each. A kubelet's back-off is 10 s, doubled each time up to five minutes.
DELAYS = {"delay": 10_000, "run-for": 300, "stop-delay": 0, "start-delay": 0}
BACK_OFF_FIRST, BACK_OFF_LONGEST = 1_000, 30_000
