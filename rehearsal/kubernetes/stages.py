"""What becomes of played pods, as kwok stages: from which state to which, after how long, and with what event.

A pod behaves as its annotation rehearsal.mainstay/behaviour says, or an image called rehearsal-<behaviour>, or else normally. States, reasons
and exit codes are those that a kubelet reports. Where one container of a pod fails, it is the first.
"""

from __future__ import annotations

import json
from typing import Any

from rehearsal.kubernetes.behaviours import BACK_OFF_FIRST, BACK_OFF_LONGEST, BEHAVIOURS, DELAYS, EXITS, PREFIX, WAITS

# --- when: jq over the pod -------------------------------------------------------------------------------------------------------

_PRELUDE = (
    'def first_of($states): (.status[$states] // [])[0] // {};'
    ' def behaviour: (.metadata.annotations["%(prefix)s/behaviour"]'
    ' // ([.spec.containers[].image | capture("(^|/)rehearsal-(?<name>[a-z-]+)([:@]|$)").name] | .[0]) // "normal")'
    ' as $asked | if ($asked | startswith("init-")) and ((.spec.initContainers // []) | length) == 0 then "normal" else $asked end;'
    ' def behaves($names): behaviour as $own | $names | index($own) != null;'
    ' def condition($type): [.status.conditions[]? | select(.type == $type) | .status == "True"] | any;'
    ' def of_job: [.metadata.ownerReferences[]?.kind] | index("Job") != null;'
    ' def gates_open: ([.spec.readinessGates[]?.conditionType] - [.status.conditions[]? | select(.status == "True") | .type]) == [];'
) % {"prefix": PREFIX}  # fmt: skip


def _names(names: Any) -> str:
    return json.dumps(list(names))


def _when(condition: str, *, deleting: bool = False) -> dict[str, Any]:
    alive = f".metadata.deletionTimestamp {'!=' if deleting else '=='} null"
    return {"matchExpressions": [{"key": f"{_PRELUDE} {alive} and ({condition})", "operator": "In", "values": ["true"]}]}


def _after(milliseconds: int | str) -> dict[str, Any]:
    """So many milliseconds, or what the annotation of that name says, or what a jq expression gives."""
    if isinstance(milliseconds, int):
        return {"durationMilliseconds": milliseconds}
    if milliseconds in DELAYS:
        expression = f'.metadata.annotations["{PREFIX}/{milliseconds}"]'
        return {"durationMilliseconds": DELAYS[milliseconds], "durationFrom": {"expressionFrom": expression}}
    return {"durationMilliseconds": BACK_OFF_FIRST, "durationFrom": {"expressionFrom": milliseconds}}


# --- to what: templates of the status --------------------------------------------------------------------------------------------

# $unready collects the containers that are not ready, $old has the conditions by their types.
_HEAD = (
    "{{ $now := Now }}{{ $root := . }}{{ $unready := list }}{{ $old := dict }}"
    "{{ range .status.conditions }}{{ $_ := set $old .type . }}{{ end }}\n"
)
_NOT_READY = "{{ $unready = append $unready $item.name }}"
_ID = 'containerd://{{ printf "%s/%s/%d" $root.metadata.uid $item.name $restarts | sha256sum }}'
_STARTED = '{{ dig "state" "running" "startedAt" $now $origin }}'
_LAST = '{{ with dig "lastState" nil $origin }}{{ toJson . }}{{ else }}{}{{ end }}'
_ENDED = '{"terminated": {{ toJson (dig "state" "terminated" dict $origin) }}}'
_KEPT = "{{ if not $origin.ready }}" + _NOT_READY + "{{ end }}- {{ toJson $origin }}"


def _container(state: str, *, ready: str, started: str, restarts: str = "", last: str = _LAST, ran: bool = True) -> str:
    """One entry of the container statuses. `ready` and `started` are templates of true or false."""
    count = f"{{{{ $restarts = {restarts} }}}}" if restarts else ""
    image_id = '{{ regexReplaceAll "[:@][^/]*$" $item.image "" }}@sha256:{{ sha256sum $item.image }}' if ran else ""
    return (
        f"{count}{{{{ $ready := {ready} }}}}{{{{ if not $ready }}}}{_NOT_READY}{{{{ end }}}}"
        '- {"name": "{{ $item.name }}", "image": "{{ $item.image }}", "ready": {{ $ready }}, "restartCount": {{ $restarts }}, '
        f'"started": {started}, "imageID": "{image_id}", "containerID": "{_ID if ran else ""}", "state": {state}, "lastState": {last}}}'
    )


def _waiting(reason: str, message: str = "", **options: Any) -> str:
    text = f', "message": "{message}"' if message else ""
    ran = bool(options)
    return _container(f'{{"waiting": {{"reason": "{reason}"{text}}}}}', ready="false", started="false", ran=ran, **options)


def _running(ready: str = "true", **options: str) -> str:
    return _container('{"running": {"startedAt": "{{ $now }}"}}', ready=ready, started="true", **options)


def _terminated(reason: str, code: int, ready: str = "false") -> str:
    state = (
        f'{{"terminated": {{"exitCode": {code}, "reason": "{reason}", "startedAt": "{_STARTED}", "finishedAt": "{{{{ $now }}}}", '
        f'"containerID": "{_ID}"}}}}'
    )
    return _container(state, ready=ready, started="false")


def _statuses(states: str, containers: str, first: str, rest: str) -> str:
    """The list of container statuses: `first` for the first container, `rest` for every other one. Init containers that run beside the
    others (restartPolicy Always) run."""
    if states == "initContainerStatuses":
        rest = f'{{{{ if eq (dig "restartPolicy" "" $item) "Always" }}}}{_running()}{{{{ else }}}}{rest}{{{{ end }}}}'
        first = rest if first == "" else f"{{{{ if eq $index 0 }}}}{first}{{{{ else }}}}{rest}{{{{ end }}}}"
    else:
        first = rest if first == "" else f"{{{{ if eq $index 0 }}}}{first}{{{{ else }}}}{rest}{{{{ end }}}}"
    return (
        f'{{{{ with .spec.{containers} }}}}{states}:\n{{{{ $origins := dig "{states}" list $root.status }}}}{{{{ range $index, $item := . }}}}'
        "{{ $origin := dict }}{{ if lt $index (len $origins) }}{{ $origin = index $origins $index }}{{ end }}"
        '{{ $restarts := atoi (toString (dig "restartCount" 0 $origin)) }}'
        f"{first}\n{{{{ end }}}}{{{{ end }}}}\n"
    )


def _app(first: str, rest: str) -> str:
    return _statuses("containerStatuses", "containers", first, rest)


def _init(first: str, rest: str) -> str:
    """Init containers are not among those whose readiness counts."""
    return _statuses("initContainerStatuses", "initContainers", first, rest) + "{{ $unready = list }}"


def _condition(kind: str, is_true: str, reason: str = "", message: str = "") -> str:
    return (
        f'{{{{ $status := ternary "True" "False" ({is_true}) }}}}'
        f'- {{"type": "{kind}", "status": "{{{{ $status }}}}", "lastProbeTime": null, "lastTransitionTime": '
        f'"{{{{ if eq $status (dig "{kind}" "status" "" $old) }}}}{{{{ dig "{kind}" "lastTransitionTime" $now $old }}}}{{{{ else }}}}{{{{ $now }}}}{{{{ end }}}}"'
        f', "reason": {{{{ if eq $status "True" }}}}null{{{{ else }}}}"{reason}"{{{{ end }}}}'
        f', "message": {{{{ if eq $status "True" }}}}null{{{{ else }}}}"{message}"{{{{ end }}}}}}\n'
    )


_CLOSED_GATES = (
    "{{ $closed := list }}{{ range .spec.readinessGates }}"
    '{{ if ne "True" (dig .conditionType "status" "" $old) }}{{ $closed = append $closed .conditionType }}{{ end }}{{ end }}\n'
)
_UNREADY = "containers with unready status: [{{ join ` ` $unready }}]"


def _conditions(*, initialized: str = "true", sandbox: str = "true", completed: bool = False) -> str:
    """After the containers, which have filled $unready."""
    reason = "PodCompleted" if completed else "ContainersNotReady"
    ready_reason = reason if completed else "{{ ternary `ContainersNotReady` `ReadinessGatesNotReady` (gt (len $unready) 0) }}"
    gates = "the status of pod readiness gate is not True: [{{ join ` ` $closed }}]"
    message = "" if completed else f"{{{{ if $unready }}}}{_UNREADY}{{{{ else }}}}{gates}{{{{ end }}}}"
    incomplete = (
        "containers with incomplete status: [{{ range $i, $e := .spec.initContainers }}{{ if $i }} {{ end }}{{ $e.name }}{{ end }}]"
    )
    return (
        _CLOSED_GATES
        + "conditions:\n"
        + _condition("PodReadyToStartContainers", sandbox)
        + _condition("Initialized", initialized, "ContainersNotInitialized", incomplete)
        + _condition("ContainersReady", "eq (len $unready) 0", reason, "" if completed else _UNREADY)
        + _condition("Ready", "and (eq (len $unready) 0) (eq (len $closed) 0)", ready_reason, message)
    )


_NETWORK = (
    "hostIP: {{ NodeIPWith .spec.nodeName | Quote }}\nhostIPs: [{ip: {{ NodeIPWith .spec.nodeName | Quote }}}]\n"
    '{{ $ip := PodIPWith .spec.nodeName (or .spec.hostNetwork false) (or .metadata.uid "") (or .metadata.name "") (or .metadata.namespace "") }}'
    "podIP: {{ $ip | Quote }}\npodIPs: [{ip: {{ $ip | Quote }}}]\n"
)
_NO_INIT = "not .spec.initContainers"
_INIT_DONE = _init("", _terminated("Completed", 0, ready="true"))
_INIT_KEPT = _init("", _KEPT)
_WAITS_FOR_INIT = "{{ if .spec.initContainers }}" + _waiting("PodInitializing") + "{{ else }}" + _waiting("ContainerCreating") + "{{ end }}"
_READY_WITHOUT_PROBE = 'not (hasKey $item "readinessProbe")'


def _status(*parts: str, phase: str = "") -> str:
    return _HEAD + "".join(parts) + (f"phase: {phase}\n" if phase else "")


# --- the stages ------------------------------------------------------------------------------------------------------------------


def _stage(name: str, when: dict[str, Any], status: str = "", event: tuple[str, str, str] | None = None, **spec: Any) -> dict[str, Any]:
    following: dict[str, Any] = {"statusTemplate": status} if status else {}
    if event:
        following["event"] = dict(zip(("type", "reason", "message"), event, strict=True))
    content = {"resourceRef": {"apiGroup": "v1", "kind": "Pod"}, "selector": when, "next": following | spec.pop("next", {}), **spec}
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": f"pod-{name}"}, "spec": content}


def pod_stages() -> list[dict[str, Any]]:
    return [*_beginning(), *_running_stages(), *_waiting_stages(), *_restarts(init=False), *_restarts(init=True), _deleted()]


def _beginning() -> list[dict[str, Any]]:
    fresh = ".status.startTime == null"
    admitted = _status(
        "startTime: {{ $now | Quote }}\n",
        _NETWORK,
        _init("", _waiting("PodInitializing")),
        _app("", _WAITS_FOR_INIT.replace(".spec", "$root.spec")),
        _conditions(initialized=_NO_INIT),
        phase="Pending",
    )
    unknown = f"{PREFIX}/behaviour is none of {', '.join(BEHAVIOURS)}"
    return [
        _stage(
            "admitted", _when(f"{fresh} and behaves({_names(BEHAVIOURS)})"), admitted, delay=_after("start-delay"), immediateNextStage=True
        ),
        _stage(
            "unknown",
            _when(f"{fresh} and (behaves({_names(BEHAVIOURS)}) | not)"),
            _status(
                "startTime: {{ $now | Quote }}\n", _app("", _waiting("CreateContainerConfigError", unknown)), _conditions(sandbox="false")
            ),
            ("Warning", "Failed", f"Error: {unknown}"),
        ),
    ]


def _running_stages() -> list[dict[str, Any]]:
    created = '.status.phase == "Pending" and .status.startTime != null'
    not_begun = 'first_of("containerStatuses").state.running == null'
    all_running = _status(_INIT_DONE, _app("", _running()), _conditions(), phase="Running")
    not_ready = _status(_INIT_DONE, _app("", _running("false")), _conditions(), phase="Running")
    exits = [name for name, each in EXITS.items() if not each.init]
    started = ("Normal", "Started", "Started container")
    return [
        _stage("started", _when(f'{created} and {not_begun} and behaves(["normal", "stuck-terminating"])'), all_running, started),
        _stage("started-unready", _when(f'{created} and {not_begun} and behaves(["never-ready", "slow-start"])'), not_ready, started),
        _stage(
            "started-to-end",
            _when(f"{created} and {not_begun} and behaves({_names(exits)})"),
            _status(_INIT_DONE, _app(_running(_READY_WITHOUT_PROBE), _running()), _conditions(), phase="Running"),
            started,
        ),
        _stage(
            "became-ready",
            _when('.status.phase == "Running" and behaves(["slow-start"]) and (condition("ContainersReady") | not)'),
            _status(_app("", _container("{{ toJson $origin.state }}", ready="true", started="true")), _conditions()),
            delay=_after("delay"),
        ),
        _stage(
            "probe-failed",
            _when('.status.phase == "Running" and behaves(["never-ready"])'),
            "",
            ("Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
            delay=_after(DELAYS["delay"]),
        ),
        _stage(
            "gates-opened",
            _when('.status.phase == "Running" and condition("ContainersReady") and (condition("Ready") | not) and gates_open'),
            _status(_app("", _KEPT), _conditions()),
        ),
        _stage(
            "completed",
            _when('.status.phase == "Running" and of_job and behaves(["normal"]) and first_of("containerStatuses").state.running != null'),
            _status(_INIT_KEPT, _app("", _terminated("Completed", 0)), _conditions(completed=True), phase="Succeeded"),
            delay=_after("run-for"),
        ),
        _stage(
            "init-running",
            _when(f'{created} and behaves(["init-stuck"]) and first_of("initContainerStatuses").state.running == null'),
            _status(_init(_running("false"), _waiting("PodInitializing")), _app("", _KEPT), _conditions(initialized="false")),
            started,
        ),
    ]


def _waiting_stages() -> list[dict[str, Any]]:
    made = []
    for name, waiting in WAITS.items():
        created = f'.status.phase == "Pending" and .status.startTime != null and behaves(["{name}"])'
        reason = 'first_of("containerStatuses").state.waiting.reason'
        sandbox = "false" if name == "pending" else "true"
        said = ("Warning", *waiting.event)

        def status(shown: str, message: str, sandbox: str = sandbox) -> str:
            network = "podIP: null\npodIPs: null\n" if sandbox == "false" else ""
            return _status(network, _INIT_DONE, _app(_waiting(shown, message), _waiting("ContainerCreating")), _conditions(sandbox=sandbox))

        first = status(waiting.reason, waiting.message)
        if waiting.again:
            between = status(waiting.again, waiting.again_message)
            begins = f"{created} and ({reason} | . != {json.dumps(waiting.reason)} and . != {json.dumps(waiting.again)})"
            made += [
                _stage(name, _when(begins), first, said),
                _stage(f"{name}-waits", _when(f"{created} and {reason} == {json.dumps(waiting.reason)}"), between,
                       ("Warning", "Failed", f"Error: {waiting.again}"), delay=_after(BACK_OFF_FIRST)),
                _stage(f"{name}-again", _when(f"{created} and {reason} == {json.dumps(waiting.again)}"), first, said, delay=_after(10 * BACK_OFF_FIRST)),
            ]  # fmt: skip
        else:
            not_yet = f"{reason} != {json.dumps(waiting.reason)}" if sandbox == "true" else 'condition("PodReadyToStartContainers")'
            made.append(_stage(name, _when(f"{created} and {not_yet}"), first, said))
    return made


def _restarts(*, init: bool) -> list[dict[str, Any]]:
    """A container ends, is started once more at once, and from then on waits longer each time."""
    names = {name: each for name, each in EXITS.items() if each.init == init}
    states, prefix, phase = ("initContainerStatuses", "init-", "Pending") if init else ("containerStatuses", "", "Running")
    alive = f'.status.phase == "{phase}" and .status.startTime != null and behaves({_names(names)})'
    own = f'first_of("{states}")'
    may_restart = '(.spec.restartPolicy // "Always") != "Never"'

    def status(first: str, phase: str = "") -> str:
        if init:
            return _status(_init(first, _waiting("PodInitializing")), _app("", _KEPT), _conditions(initialized="false"), phase=phase)
        return _status(_app(first, _KEPT), _conditions(), phase=phase)

    again = status(_running("false" if init else _READY_WITHOUT_PROBE, restarts="add $restarts 1", last=_ENDED))
    made = []
    if init:
        made.append(_stage("init-begins", _when(f'{alive} and {own}.state.waiting.reason == "PodInitializing"'), status(_running("false"))))
    for name, each in names.items():
        running = f'{alive} and behaves(["{name}"]) and {own}.state.running != null'
        ends = status(_terminated(each.reason, each.code))
        fails = status(_terminated(each.reason, each.code), phase="Succeeded" if each.code == 0 else "Failed")
        made.append(_stage(f"{name}-ends", _when(f"{running} and {may_restart}"), ends, delay=_after("run-for")))
        made.append(_stage(f"{name}-fails", _when(f"{running} and ({may_restart} | not)"), fails, delay=_after("run-for")))
    ended = f"{alive} and {own}.state.terminated != null"
    pace = f'{_PRELUDE} ({own}.restartCount // 1) as $n | [{BACK_OFF_FIRST} * pow(2; $n - 1), {BACK_OFF_LONGEST}] | min | "\\(floor)ms"'
    return [
        *made,
        _stage(
            f"{prefix}restarts",
            _when(f"{ended} and {own}.restartCount == 0"),
            again,
            ("Normal", "Started", "Started container"),
            delay=_after(100),
        ),
        _stage(
            f"{prefix}backs-off",
            _when(f"{ended} and {own}.restartCount > 0"),
            status(_waiting("CrashLoopBackOff", _back_off(), last=_ENDED)),
            ("Warning", "BackOff", "Back-off restarting failed container"),
            delay=_after(100),
        ),
        _stage(
            f"{prefix}tries-again",
            _when(f'{alive} and {own}.state.waiting.reason == "CrashLoopBackOff"'),
            again,
            ("Normal", "Started", "Started container"),
            delay=_after(pace),
        ),
    ]


def _back_off() -> str:
    """As a kubelet writes it: back-off 1m20s restarting failed container=app pod=app-6f7_default(uid)."""
    steps = ("10s", "20s", "40s", "1m20s", "2m40s", "5m0s")
    chosen = (
        f"{{{{ index (list {' '.join(json.dumps(step) for step in steps)}) (int (min {len(steps) - 1} (sub $restarts 1))) }}}}".replace(
            '"', "`"
        )
    )
    return f"back-off {chosen} restarting failed container={{{{ $item.name }}}} pod={{{{ $root.metadata.name }}}}_{{{{ $root.metadata.namespace }}}}({{{{ $root.metadata.uid }}}})"


def _deleted() -> dict[str, Any]:
    return _stage(
        "deleted",
        _when('((.metadata.finalizers // []) | length) == 0 and (behaves(["stuck-terminating"]) | not)', deleting=True),
        delay=_after("stop-delay"),
        next={"delete": True},
    )


def document(node_stages: str) -> str:
    """What kwok reads: its own stages of nodes, and ours of pods."""
    return "".join([node_stages, *(f"---\n{json.dumps(stage, indent=1)}\n" for stage in pod_stages())])
