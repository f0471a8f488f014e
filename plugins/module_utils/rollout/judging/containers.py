# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Diagnose one container from its status: fatal, transient, or not known yet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...kubernetes.objects import name, uid
from ...kubernetes.values import Obj, Observed, Settings, Severity, Start, Trouble
from . import events

HOPELESS_PULL = re.compile(
    r"not found|manifest unknown|manifest invalid|denied|unauthorized|no basic auth|does not exist|authorization failed|forbidden"
    r"|invalid reference|no match for platform|no matching manifest",
    re.IGNORECASE,
)
PASSING_PULL = re.compile(
    r"time(d )?\s?out|deadline exceeded|too many requests|\b429\b|\b50[0-9]\b|connection re(fused|set)|\bEOF\b|temporary failure"
    r"|try again|no route to host|network is unreachable|server misbehaving|toomanyrequests",
    re.IGNORECASE,
)
PULLS = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError")
IMPOSSIBLE_IMAGES = ("InvalidImageName", "ErrImageNeverPull")
NOT_RUNNABLE = ("RunContainerError", "ContainerCannotRun", "StartError", "CreateContainerError")
CACHE_NOT_READY = re.compile(r"failed to sync .*cache", re.IGNORECASE)
NODE_TROUBLE_EXIT = 128
"""The exit code that a runtime reports when the node, not the container, is at fault."""

SIGNALS = {6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}


@dataclass(frozen=True)
class Context:
    """Everything besides the pod that judging a pod requires."""

    start: Start
    seen: Observed
    settings: Settings
    events: Sequence[Obj]


def restarts_since_start(pod: Obj, status: Mapping[str, Any], start: Start) -> int:
    """Restarts since the start. Between two crashes a container runs and looks healthy, but its restart count persists."""
    return int(status.get("restartCount") or 0) - start.restarts.get((uid(pod), str(status.get("name"))), 0)


def statuses(pod: Obj) -> list[Mapping[str, Any]]:
    """Statuses of all containers, including init containers and sidecars, in start order."""
    found = pod.get("status") or {}
    return [*(found.get("initContainerStatuses") or ()), *(found.get("containerStatuses") or ())]


def container_trouble(pod: Obj, status: Mapping[str, Any], context: Context) -> Trouble | None:
    waiting = (status.get("state") or {}).get("waiting") or {}
    reason, text = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    if reason in PULLS or reason in IMPOSSIBLE_IMAGES:
        return _image(pod, status, reason, text, context)
    if reason == "CreateContainerConfigError":
        severity: Severity = "transient" if CACHE_NOT_READY.search(text) else "fatal"
        return _trouble(severity, "config_missing", pod, status, context, message=text)
    if (crashed := crash(pod, status, context)) is not None:
        return crashed
    if reason in NOT_RUNNABLE:
        return _trouble(_not_runnable(status), "cannot_run", pod, status, context, message=text)
    return None


def _image(pod: Obj, status: Mapping[str, Any], reason: str, text: str, context: Context) -> Trouble:
    """Diagnose an image pull. A back-off hides its cause: use the message of the preceding failure, or an event if that was not seen."""
    event = events.latest(context.events, uid(pod), "Failed")
    cause = text
    if reason == "ImagePullBackOff" and not (HOPELESS_PULL.search(text) or PASSING_PULL.search(text)):
        cause = context.seen.remembered.get((uid(pod), str(status.get("name"))), "") or events.message(event) or text
    if reason in IMPOSSIBLE_IMAGES:
        return _trouble("fatal", "image_invalid", pod, status, context, message=cause or reason)
    if PASSING_PULL.search(cause):
        return _trouble("transient", "image_pull", pod, status, context, message=cause)
    severity: Severity = "fatal" if HOPELESS_PULL.search(cause) else "transient"
    return _trouble(severity, "image_not_found" if severity == "fatal" else "image_pull", pod, status, context, message=cause or reason)


def _not_runnable(status: Mapping[str, Any]) -> Severity:
    ended = _ended(status)
    return "transient" if ended.get("exitCode") == NODE_TROUBLE_EXIT else "fatal"


def _ended(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """The container's most recent termination."""
    current = (status.get("state") or {}).get("terminated")
    return current or (status.get("lastState") or {}).get("terminated") or {}


def crash(pod: Obj, status: Mapping[str, Any], context: Context) -> Trouble | None:
    """Diagnose a container that crashed since the start, whatever its current state."""
    delta = restarts_since_start(pod, status, context.start)
    ended = _ended(status)
    code = ended.get("exitCode")
    if str(ended.get("reason")) in NOT_RUNNABLE:
        return _trouble(_not_runnable(status), "cannot_run", pod, status, context, message=str(ended.get("message") or ""), ended=ended)
    backing_off = ((status.get("state") or {}).get("waiting") or {}).get("reason") == "CrashLoopBackOff"
    if delta <= 0 and not backing_off:
        return None
    severity: Severity = "fatal" if delta > context.settings.max_restarts else "transient"
    if severity == "transient" and not backing_off and status.get("ready"):
        return None
    why = "oom_killed" if ended.get("reason") == "OOMKilled" or code == 137 else "crash_loop"
    return _trouble(severity, why, pod, status, context, message=str(ended.get("message") or ""), ended=ended)


def ended_badly(pod: Obj, context: Context) -> Trouble | None:
    """Find the failed container of a finished pod, for pods that are not restarted in place."""
    for status in statuses(pod):
        ended = (status.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            why = "oom_killed" if ended.get("reason") == "OOMKilled" else "exited"
            return _trouble("transient", why, pod, status, context, message=str(ended.get("message") or ""), ended=ended)
    return None


def _trouble(
    severity: Severity,
    code: str,
    pod: Obj,
    status: Mapping[str, Any],
    context: Context,
    *,
    message: str = "",
    ended: Mapping[str, Any] | None = None,
) -> Trouble:
    ended = ended or {}
    container = str(status.get("name"))
    exit_code = ended.get("exitCode")
    signal = ended.get("signal") or (exit_code - 128 if exit_code and 128 < exit_code < 160 else None)
    log = context.seen.logs.get((name(pod), container), ())
    return Trouble(severity, code, f"pod {name(pod)}", message, container, exit_code, signal, log=log)
