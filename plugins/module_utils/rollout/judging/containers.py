# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Diagnose one container from its status: fatal, transient, or not known yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...kubernetes.objects import condition, name, spec, uid
from ...kubernetes.values import Obj, Severity, Start, Trouble
from . import events
from .context import Context
from .probes_of import describe
from .signs import CONFIG, CONFIG_ERROR, PULL, PULLS, waiting_reason

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
IMPOSSIBLE_IMAGES = ("InvalidImageName", "ErrImageNeverPull")
PULL_SECONDS = 30.0
"""How long a registry may deny an image that was just pushed, or reject a new node's credentials, if no second pull fails first."""

FAILED_PULLS = 2
NOT_RUNNABLE = ("RunContainerError", "ContainerCannotRun", "StartError", "CreateContainerError")
CANNOT_START = re.compile(
    r"executable file not found|permission denied|exec format error|exec\b.*no such file or directory|no command specified",
    re.IGNORECASE,
)
"""Start errors that a restart cannot fix. The exit code is not conclusive: containerd reports 128 for every start error."""

NO_COMMAND_EXITS = (126, 127)
"""Exit codes by which other runtimes report a command that is not executable or does not exist."""

CACHE_NOT_READY = re.compile(r"failed to sync .*cache", re.IGNORECASE)
BACK_OFF_SECONDS = 90.0
"""How long a container that crashed because another workload was not ready may still wait for its next start once it is."""

LIVENESS = re.compile(r"liveness probe", re.IGNORECASE)


def restarts_since_start(pod: Obj, status: Mapping[str, Any], start: Start) -> int:
    """Restarts since the start. Between two crashes a container runs and looks healthy, but its restart count persists."""
    return int(status.get("restartCount") or 0) - start.restarts.get((uid(pod), str(status.get("name"))), 0)


def container_trouble(pod: Obj, status: Mapping[str, Any], context: Context) -> Trouble | None:
    reason = waiting_reason(status)
    text = str(((status.get("state") or {}).get("waiting") or {}).get("message") or "")
    if reason in PULLS or reason in IMPOSSIBLE_IMAGES:
        return _image(pod, status, reason, text, context)
    if reason == CONFIG_ERROR:
        return _config(pod, status, text, context)
    if (crashed := crash(pod, status, context)) is not None:
        return crashed
    if reason in NOT_RUNNABLE:
        return _trouble(_not_runnable(pod, status, text, context), "cannot_run", pod, status, context, message=text)
    return None


def _waited(pod: Obj, status: Mapping[str, Any], sign: str, context: Context) -> float:
    """Seconds of this call during which the sign has held for the container."""
    return context.waited((uid(pod), str(status.get("name")), sign), condition(pod, "PodScheduled").get("lastTransitionTime"))


def _config(pod: Obj, status: Mapping[str, Any], text: str, context: Context) -> Trouble:
    """A missing Secret or ConfigMap may arrive slightly later, from a controller such as External Secrets or cert-manager."""
    final = _waited(pod, status, CONFIG, context) > context.settings.grace and not CACHE_NOT_READY.search(text)
    return _trouble("fatal" if final else "transient", "config_missing", pod, status, context, message=text)


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
    hopeless = bool(HOPELESS_PULL.search(cause))
    final = hopeless and _denied_for_good(pod, status, context)
    return _trouble(
        "fatal" if final else "transient",
        "image_not_found" if hopeless else "image_pull",
        pod,
        status,
        context,
        message=cause or reason,
    )


def _denied_for_good(pod: Obj, status: Mapping[str, Any], context: Context) -> bool:
    """Whether the registry has had time to replicate the image, and the node to receive its credentials."""
    pulls = context.seen.failed_pulls.get((uid(pod), str(status.get("name"))), 0)
    return pulls >= FAILED_PULLS or _waited(pod, status, PULL, context) > min(PULL_SECONDS, context.settings.grace)


def _ended(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """The container's most recent termination."""
    current = (status.get("state") or {}).get("terminated")
    return current or (status.get("lastState") or {}).get("terminated") or {}


def _not_runnable(pod: Obj, status: Mapping[str, Any], text: str, context: Context) -> Severity:
    """Whether no restart can help. Otherwise, such as when the node cannot set the container up, restarts are counted."""
    ended = _ended(status)
    if CANNOT_START.search(text) or ended.get("exitCode") in NO_COMMAND_EXITS:
        return "fatal"
    return "fatal" if restarts_since_start(pod, status, context.start) > context.settings.max_restarts else "transient"


def crash(pod: Obj, status: Mapping[str, Any], context: Context) -> Trouble | None:
    """Diagnose a container that crashed since the start and has not recovered. A ready container is not in a crash loop, and its last state
    is not conclusive."""
    if status.get("ready"):
        return None
    ended = _ended(status)
    message = str(ended.get("message") or "")
    if str(ended.get("reason")) in NOT_RUNNABLE:
        severity = _not_runnable(pod, status, message, context)
        return _trouble(severity, "cannot_run", pod, status, context, message=message, ended=ended)
    delta = restarts_since_start(pod, status, context.start)
    backing_off = waiting_reason(status) == "CrashLoopBackOff"
    if delta <= 0 and not backing_off:
        return None
    why = "oom_killed" if ended.get("reason") == "OOMKilled" else "crash_loop"
    excused = why == "crash_loop" and context.seen.elapsed <= _excused_until(context)
    fatal = delta > context.settings.max_restarts and not excused
    killed = _killed_by_liveness(pod, status, context) if why == "crash_loop" else ""
    return _trouble("fatal" if fatal else "transient", why, pod, status, context, message=message, ended=ended, constraint=killed)


def _excused_until(context: Context) -> float:
    """Until when crashes may be caused by something that is still starting: around a first release, or another workload of the call."""
    limit = context.settings.crash_grace
    if context.start.baseline is not None:
        return -1.0  # everything was ready before the bake began
    if context.start.first:
        return limit
    others = context.seen.others_unready
    return -1.0 if others is None or not limit else min(others, limit) + min(BACK_OFF_SECONDS, limit)


def _killed_by_liveness(pod: Obj, status: Mapping[str, Any], context: Context) -> str:
    """The liveness probe that made the kubelet kill the container, if an event says so. Exit code 137 alone means only SIGKILL."""
    container = str(status.get("name"))
    killing = events.latest(context.events, uid(pod), "Killing")
    text = events.message(killing)
    if not LIVENESS.search(text) or container not in text.replace('"', " ").split():
        return ""
    declared: Mapping[str, Any] = next((one for one in spec(pod).get("containers") or () if one.get("name") == container), {})
    probe = declared.get("livenessProbe")
    failures = (one for one in context.events if events.about(one) == uid(pod) and one.get("reason") == "Unhealthy")
    said = next((message for one in failures if LIVENESS.search(message := events.message(one))), "")
    return f"killed by its liveness probe{' ' + describe(probe) if probe else ''}{': ' + said if said else ''}"


def ended_badly(pod: Obj, status: Mapping[str, Any], context: Context) -> Trouble | None:
    """Diagnose a container of a finished pod, for pods that are not restarted in place."""
    ended = (status.get("state") or {}).get("terminated") or {}
    if not ended.get("exitCode"):
        return None
    why = "oom_killed" if ended.get("reason") == "OOMKilled" else "exited"
    return _trouble("transient", why, pod, status, context, message=str(ended.get("message") or ""), ended=ended)


def _trouble(
    severity: Severity,
    code: str,
    pod: Obj,
    status: Mapping[str, Any],
    context: Context,
    *,
    message: str = "",
    ended: Mapping[str, Any] | None = None,
    constraint: str = "",
) -> Trouble:
    ended = ended or {}
    container = str(status.get("name"))
    exit_code = ended.get("exitCode")
    signal = ended.get("signal") or (exit_code - 128 if exit_code and 128 < exit_code < 160 else None)
    log = context.seen.logs.get((name(pod), container), ())
    return Trouble(severity, code, f"pod {name(pod)}", message, container, exit_code, signal, constraint, log=log)
