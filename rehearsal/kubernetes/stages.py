"""The life cycle of simulated pods as kwok stages: transitions, their delays, and their events.

A pod behaves as its annotation rehearsal.mainstay/behavior says, or an image named rehearsal-<behavior>, or else normally. States,
reasons, and exit codes match those of a kubelet. If one container of a pod fails, it is the first.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from rehearsal.kubernetes import templates as t
from rehearsal.kubernetes.behaviors import BACK_OFF_FIRST, BACK_OFF_LONGEST, BEHAVIORS, DELAYS, DRIVER, EXITS, PREFIX, WAITS

_PRELUDE = (
    "def first_of($states): (.status[$states] // [])[0] // {};"
    ' def behavior: (.metadata.annotations["PREFIX/behavior"]'
    ' // ([.spec.containers[].image | capture("(^|/)rehearsal-(?<name>[a-z-]+)([:@]|$)").name] | .[0]) // "normal")'
    ' as $asked | if ($asked | startswith("init-")) and ((.spec.initContainers // []) | length) == 0 then "normal" else $asked end;'
    " def behaves($names): behavior as $own | $names | index($own) != null;"
    ' def condition($type): [.status.conditions[]? | select(.type == $type) | .status == "True"] | any;'
    # A kubelet begins with a pod once its volumes are mounted.
    f' def stored: [.spec.volumes[]? | select(.csi.driver == "{DRIVER}")] != [];'
    ' def mounted: (stored | not) or .metadata.annotations["PREFIX/mounted"] != null;'
    " def begun: .status.startTime != null and mounted and ((stored | not) or .status.podIP != null);"
    # The same as psql/command.py decides: such a container is run, not played.
    " def runs_psql: .spec.containers[0] | (.command // []) != [] and"
    ' (((.command // []) + (.args // [])) | join(" ") | test("(^|[ /;&(\\"\u0027\\n])psql( |$)"));'
    ' def of_job: [.metadata.ownerReferences[]?.kind] | index("Job") != null;'
    ' def gates_open: ([.spec.readinessGates[]?.conditionType] - [.status.conditions[]? | select(.status == "True") | .type]) == [];'
).replace("PREFIX", PREFIX)


def _names(names: Any) -> str:
    return json.dumps(list(names))


def _when(condition: str, *, deleting: bool = False) -> dict[str, Any]:
    alive = f".metadata.deletionTimestamp {'!=' if deleting else '=='} null"
    return {"matchExpressions": [{"key": f"{_PRELUDE} {alive} and ({condition})", "operator": "In", "values": ["true"]}]}


def _after(milliseconds: int | str) -> dict[str, Any]:
    """A delay in milliseconds, unless the annotation with that name or a jq expression overrides it."""
    if isinstance(milliseconds, int):
        return {"durationMilliseconds": milliseconds}
    if milliseconds in DELAYS:
        expression = f'.metadata.annotations["{PREFIX}/{milliseconds}"]'
        return {"durationMilliseconds": DELAYS[milliseconds], "durationFrom": {"expressionFrom": expression}}
    return {"durationMilliseconds": BACK_OFF_FIRST, "durationFrom": {"expressionFrom": milliseconds}}


def _stage(name: str, when: dict[str, Any], status: str = "", event: tuple[str, str, str] | None = None, **spec: Any) -> dict[str, Any]:
    following: dict[str, Any] = {"statusTemplate": status} if status else {}
    if event:
        following["event"] = dict(zip(("type", "reason", "message"), event, strict=True))
    content = {"resourceRef": {"apiGroup": "v1", "kind": "Pod"}, "selector": when, "next": following | spec.pop("next", {}), **spec}
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": f"pod-{name}"}, "spec": content}


def pod_stages(termination_scale: float = 1.0) -> list[dict[str, Any]]:
    """All pod stages. None requests its next stage at once (immediateNextStage): kwok would then evaluate the pod as that stage left it,
    even if its watch has already delivered a later version, and would drop the stage that should follow.
    """
    return [
        *_beginning(),
        *_running_stages(),
        *_waiting_stages(),
        *_restarts(init=False),
        *_restarts(init=True),
        *_deleted(termination_scale),
    ]


def _beginning() -> list[dict[str, Any]]:
    fresh = ".status.startTime == null"
    admitted = t.status(
        "startTime: {{ $now | Quote }}\n",
        t.NETWORK,
        t.init(t.waiting("PodInitializing")),
        t.app(t.WAITS_FOR_START),
        t.conditions(initialized=t.NO_INIT),
        phase="Pending",
    )
    mounting = t.status(
        "startTime: {{ $now | Quote }}\n",
        t.init(t.waiting("PodInitializing")),
        t.app(t.WAITS_FOR_START),
        t.conditions(initialized=t.NO_INIT, sandbox="false"),
        phase="Pending",
    )
    after_mounting = 'stored and .status.podIP == null and .status.phase == "Pending" and (behaves(["pending"]) | not)'
    known = f"behaves({_names(BEHAVIORS)})"
    unknown = f"{PREFIX}/behavior is none of {', '.join(BEHAVIORS)}"
    return [
        _stage("mounting", _when(f"{fresh} and (mounted | not) and {known}"), mounting),
        _stage("admitted", _when(f"({fresh} or ({after_mounting})) and mounted and {known}"), admitted, delay=_after("start-delay")),
        _stage(
            "unknown",
            _when(f"{fresh} and ({known} | not)"),
            t.status(
                "startTime: {{ $now | Quote }}\n",
                t.app(t.waiting("CreateContainerConfigError", unknown)),
                t.conditions(sandbox="false"),
            ),
            ("Warning", "Failed", f"Error: {unknown}"),
        ),
    ]


def _running_stages() -> list[dict[str, Any]]:
    created = '.status.phase == "Pending" and begun'
    first_runs = 'first_of("containerStatuses").state.running != null'
    not_begun = 'first_of("containerStatuses").state.running == null'
    all_running = t.status(t.INIT_DONE, t.app(t.running()), t.conditions(), phase="Running")
    not_ready = t.status(t.INIT_DONE, t.app(t.running("false"), t.running()), t.conditions(), phase="Running")
    exits = [name for name, each in EXITS.items() if not each.init]
    started = ("Normal", "Started", "Started container")
    return [
        _stage("started", _when(f'{created} and {not_begun} and behaves(["normal", "stuck-terminating"])'), all_running, started),
        _stage("started-unready", _when(f'{created} and {not_begun} and behaves(["never-ready", "slow-start"])'), not_ready, started),
        _stage(
            "started-to-end",
            _when(f"{created} and {not_begun} and behaves({_names(exits)})"),
            t.status(t.INIT_DONE, t.app(t.running(t.READY_WITHOUT_PROBE), t.running()), t.conditions(), phase="Running"),
            started,
        ),
        _stage(
            "became-ready",
            _when('.status.phase == "Running" and behaves(["slow-start"]) and (condition("ContainersReady") | not)'),
            t.status(t.app(t.container("{{ toJson $origin.state }}", ready="true", started="true")), t.conditions()),
            delay=_after("delay"),
        ),
        _stage(
            "probe-failed",
            _when('.status.phase == "Running" and behaves(["never-ready"])'),
            "",
            ("Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
            delay=_after(1_000),
        ),
        _stage(
            "gates-opened",
            _when('.status.phase == "Running" and condition("ContainersReady") and (condition("Ready") | not) and gates_open'),
            t.status(t.app(t.KEPT), t.conditions()),
        ),
        _stage(
            "completed",
            _when(f'.status.phase == "Running" and of_job and behaves(["normal"]) and (runs_psql | not) and {first_runs}'),
            t.status(t.INIT_KEPT, t.app(t.terminated("Completed", 0)), t.conditions(completed=True), phase="Succeeded"),
            delay=_after("run-for"),
        ),
        _stage(
            "init-running",
            _when(f'{created} and behaves(["init-stuck"]) and first_of("initContainerStatuses").state.running == null'),
            t.status(t.init(t.running("false"), t.waiting("PodInitializing")), t.app(t.KEPT), t.conditions(initialized="false")),
            started,
        ),
    ]


def _waiting_stages() -> list[dict[str, Any]]:
    made = []
    for name, waiting in WAITS.items():
        created = f'.status.phase == "Pending" and begun and behaves(["{name}"])'
        reason = 'first_of("containerStatuses").state.waiting.reason'
        sandbox = "false" if name == "pending" else "true"
        said = ("Warning", *waiting.event)

        def status(shown: str, message: str, sandbox: str = sandbox) -> str:
            network = "podIP: null\npodIPs: null\n" if sandbox == "false" else ""
            return t.status(
                network, t.INIT_DONE, t.app(t.waiting(shown, message), t.waiting("ContainerCreating")), t.conditions(sandbox=sandbox)
            )

        first = status(waiting.reason, waiting.message)
        if waiting.again:
            between = status(waiting.again, waiting.again_message)
            failed, again = (
                f"{created} and {reason} == {json.dumps(waiting.reason)}",
                f"{created} and {reason} == {json.dumps(waiting.again)}",
            )
            begins = f"{created} and ({reason} | . != {json.dumps(waiting.reason)} and . != {json.dumps(waiting.again)})"
            made += [
                _stage(name, _when(begins), first, said),
                _stage(
                    f"{name}-waits", _when(failed), between, ("Warning", "Failed", f"Error: {waiting.again}"), delay=_after(BACK_OFF_FIRST)
                ),
                _stage(f"{name}-again", _when(again), first, said, delay=_after(10 * BACK_OFF_FIRST)),
            ]
        else:
            not_yet = f"{reason} != {json.dumps(waiting.reason)}" if sandbox == "true" else 'condition("PodReadyToStartContainers")'
            made.append(_stage(name, _when(f"{created} and {not_yet}"), first, said))
    return made


def _restarts(*, init: bool) -> list[dict[str, Any]]:
    """A container exits, restarts once without delay, and then backs off longer each time."""
    names = {name: each for name, each in EXITS.items() if each.init == init}
    states, prefix, phase = ("initContainerStatuses", "init-", "Pending") if init else ("containerStatuses", "", "Running")
    alive = f'.status.phase == "{phase}" and begun and behaves({_names(names)})'
    own = f'first_of("{states}")'
    may_restart = '(.spec.restartPolicy // "Always") != "Never"'

    def status(first: str, phase: str = "") -> str:
        if init:
            return t.status(t.init(first, t.waiting("PodInitializing")), t.app(t.KEPT), t.conditions(initialized="false"), phase=phase)
        return t.status(t.app(first, t.KEPT), t.conditions(), phase=phase)

    ready = "false" if init else t.READY_WITHOUT_PROBE
    at_once = status(t.running(ready, restarts="add $restarts 1", last=t.ENDED))
    later = status(t.running(ready, restarts="add $restarts 1"))
    made = []
    if init:
        made.append(
            _stage("init-begins", _when(f'{alive} and {own}.state.waiting.reason == "PodInitializing"'), status(t.running("false")))
        )
    for name, each in names.items():
        running = f'{alive} and behaves(["{name}"]) and {own}.state.running != null'
        ends = status(t.terminated(each.reason, each.code))
        fails = status(t.terminated(each.reason, each.code), phase="Succeeded" if each.code == 0 else "Failed")
        made.append(_stage(f"{name}-ends", _when(f"{running} and {may_restart}"), ends, delay=_after("run-for")))
        made.append(_stage(f"{name}-fails", _when(f"{running} and ({may_restart} | not)"), fails, delay=_after("run-for")))
    ended = f"{alive} and {own}.state.terminated != null"
    pace = f'{_PRELUDE} ({own}.restartCount // 1) as $n | [{BACK_OFF_FIRST} * pow(2; $n - 1), {BACK_OFF_LONGEST}] | min | "\\(floor)ms"'
    return [
        *made,
        _stage(
            f"{prefix}restarts",
            _when(f"{ended} and {own}.restartCount == 0"),
            at_once,
            ("Normal", "Started", "Started container"),
            delay=_after(100),
        ),
        _stage(
            f"{prefix}backs-off",
            _when(f"{ended} and {own}.restartCount > 0"),
            status(t.waiting("CrashLoopBackOff", t.BACK_OFF, last=t.ENDED)),
            ("Warning", "BackOff", "Back-off restarting failed container"),
            delay=_after(100),
        ),
        _stage(
            f"{prefix}tries-again",
            _when(f'{alive} and {own}.state.waiting.reason == "CrashLoopBackOff"'),
            later,
            ("Normal", "Started", "Started container"),
            delay=_after(pace),
        ),
    ]


_PRE_STOP = (
    # The longest preStop hook, which the grace limits: a sleep, or the sleeps in its command. Then the container's own time to end.
    " def hook: .lifecycle.preStop // {};"
    ' def slept: [(.sleep.seconds // 0), ((.exec.command // []) | join(" ") | [scan("\\\\bsleep +([0-9]+)")] | .[][0] | tonumber)] | max;'
    ' def duration: (capture("^(?<n>[0-9.]+)(?<u>ms|s|m|h)$") | (.n | tonumber) * {"ms": 1, "s": 1000, "m": 60000, "h": 3600000}[.u]) // 0;'
    " ([.spec.containers[] | hook | slept] | max) as $asked"
    " | ([$asked, (.metadata.deletionGracePeriodSeconds // .spec.terminationGracePeriodSeconds // 30)] | min) as $hooked"
    ' | ((.metadata.annotations["PREFIX/stop-delay"] // "0ms") | duration) as $own'
    ' | ($hooked * 1000 * SCALE + $own) | "\\(floor)ms"'
).replace("PREFIX", PREFIX)


def _deleted(scale: float) -> list[dict[str, Any]]:
    """A pod goes when its preStop hooks and its containers have ended. That of a Job first fails, which its Job waits for."""
    delay = {"durationMilliseconds": 0, "durationFrom": {"expressionFrom": _PRE_STOP.replace("SCALE", str(scale))}}
    going = '(behaves(["stuck-terminating"]) | not)'
    held = '((.metadata.finalizers // []) | index("batch.kubernetes.io/job-tracking")) != null'
    alive = '(.status.phase == "Running" or .status.phase == "Pending") and .status.startTime != null'
    killed = t.status(t.INIT_KEPT, t.app(t.terminated("Error", 137)), t.conditions(), phase="Failed")
    return [
        _stage(
            "deleted", _when(f"((.metadata.finalizers // []) | length) == 0 and {going}", deleting=True), delay=delay, next={"delete": True}
        ),
        _stage("killed", _when(f"{held} and {alive} and (runs_psql | not) and {going}", deleting=True), killed, delay=delay),
    ]


# A kwok configuration must be complete: kwok's defaults apply only without one.
OPTIONS = {
    "cidr": "100.64.0.0/10",
    "podPlayStageParallelism": 16,
    "nodePlayStageParallelism": 4,
    "nodeLeaseParallelism": 4,
    "podsOnNodeSyncParallelism": 4,
    "enablePodsOnNodeSyncListPager": True,
}


# A node with this annotation set to "missing" stays NotReady, like a node without a CNI.
NETWORK_ANNOTATION = f"{PREFIX}/network"
_NETWORK = f'.metadata.annotations["{NETWORK_ANNOTATION}"] // "there"'
_NOT_READY = """
{{ $now := Now }}
conditions:
- lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
  message: "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: \
cni plugin not initialized"
  reason: KubeletNotReady
  status: "False"
  type: Ready
"""


def node_stages(of_kwok: str) -> list[dict[str, Any]]:
    """kwok's own node stages, of which the first waits for the network, and one stage for nodes without a network."""
    stages: list[dict[str, Any]] = list(yaml.safe_load_all(of_kwok))
    initialize = next(stage for stage in stages if stage["metadata"]["name"] == "node-initialize")
    initialize["spec"]["selector"]["matchExpressions"].append({"key": _NETWORK, "operator": "NotIn", "values": ["missing"]})
    without = [
        {"key": _NETWORK, "operator": "In", "values": ["missing"]},
        {"key": '[.status.conditions[]? | select(.type == "Ready")] | length == 0', "operator": "In", "values": ["true"]},
    ]
    not_ready = initialize | {
        "metadata": {"name": "node-without-network"},
        "spec": {
            "resourceRef": initialize["spec"]["resourceRef"],
            "selector": {"matchExpressions": without},
            "next": {"statusTemplate": _NOT_READY},
        },
    }
    return [*stages, not_ready]


def document(of_kwok: str, termination_scale: float = 1.0) -> str:
    """kwok's configuration: its options, its node stages, and our pod stages. `termination_scale`: see `ControlPlane`."""
    configuration = {"apiVersion": "config.kwok.x-k8s.io/v1alpha1", "kind": "KwokConfiguration", "options": OPTIONS}
    documents = (*node_stages(of_kwok), configuration, *pod_stages(termination_scale))
    return "".join(f"---\n{json.dumps(document, indent=1)}\n" for document in documents)
