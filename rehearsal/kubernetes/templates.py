"""Templates of pod statuses in kwok's stage language: Go templates that produce YAML.

A status consists of the containers, which collect those that are not ready in $unready, and then the conditions, which read it.
"""

from __future__ import annotations

NO_INIT = "not .spec.initContainers"
# A container without a readiness probe is ready while it runs.
READY_WITHOUT_PROBE = 'not (hasKey $item "readinessProbe")'
# The termination just now, as the last state of a restarting container.
ENDED = '{"terminated": {{ toJson (dig "state" "terminated" dict $origin) }}}'
KEPT = "{{ if not $origin.ready }}{{ $unready = append $unready $item.name }}{{ end }}- {{ toJson $origin }}"

_LAST = '{{ with dig "lastState" nil $origin }}{{ toJson . }}{{ else }}{}{{ end }}'
_CONTAINER_ID = 'containerd://{{ printf "%s/%s/%d" $root.metadata.uid $item.name $restarts | sha256sum }}'
_IMAGE_ID = '{{ regexReplaceAll "[:@][^/]*$" $item.image "" }}@sha256:{{ sha256sum $item.image }}'


def _fill(template: str, **values: str) -> str:
    """Replaces @NAME@ placeholders: the templates contain too many braces for Python's own formatting."""
    for name, value in values.items():
        template = template.replace(f"@{name.upper()}@", value)
    return template


def container(state: str, *, ready: str, started: str, restarts: str = "$restarts", last: str = _LAST, ran: bool = True) -> str:
    """One entry of the container statuses. `ready` and `restarts` are expressions, `state` and `last` JSON; `ran`: it has been started."""
    return _fill(
        "{{ $restarts = @RESTARTS@ }}{{ $ready := @READY@ }}{{ if not $ready }}{{ $unready = append $unready $item.name }}{{ end }}"
        '- {"name": "{{ $item.name }}", "image": "{{ $item.image }}", "ready": {{ $ready }}, "restartCount": {{ $restarts }}, '
        '"started": @STARTED@, "imageID": "@IMAGE_ID@", "containerID": "@CONTAINER_ID@", "state": @STATE@, "lastState": @LAST@}',
        restarts=restarts,
        ready=ready,
        started=started,
        state=state,
        last=last,
        image_id=_IMAGE_ID if ran else "",
        container_id=_CONTAINER_ID if ran else "",
    )


def waiting(reason: str, message: str = "", last: str | None = None) -> str:
    """A waiting state; with `last`, the container has run before."""
    state = _fill('{"waiting": {"reason": "@REASON@"@MESSAGE@}}', reason=reason, message=f', "message": "{message}"' if message else "")
    return container(state, ready="false", started="false", ran=last is not None, last=last or _LAST)


def running(ready: str = "true", *, restarts: str = "$restarts", last: str = _LAST) -> str:
    return container('{"running": {"startedAt": "{{ $now }}"}}', ready=ready, started="true", restarts=restarts, last=last)


def terminated(reason: str, code: int, ready: str = "false") -> str:
    state = _fill(
        '{"terminated": {"exitCode": @CODE@, "reason": "@REASON@", "startedAt": "{{ dig "state" "running" "startedAt" $now $origin }}", '
        '"finishedAt": "{{ $now }}", "containerID": "@CONTAINER_ID@"}}',
        code=str(code),
        reason=reason,
        container_id=_CONTAINER_ID,
    )
    return container(state, ready=ready, started="false")


def app(first: str, rest: str | None = None) -> str:
    """The statuses of the app containers: `first` for the first one, `rest` for the others; if only one is given, it applies to all."""
    entry = first if rest is None else _fill("{{ if eq $index 0 }}@A@{{ else }}@B@{{ end }}", a=first, b=rest)
    return _list("containerStatuses", "containers", entry)


def init(first: str, rest: str | None = None) -> str:
    """The same for init containers, whose readiness does not count. Sidecars (restartPolicy Always) run."""
    entry = _fill(
        '{{ if eq (dig "restartPolicy" "" $item) "Always" }}@RUNS@{{ else if eq $index 0 }}@A@{{ else }}@B@{{ end }}',
        runs=running(),
        a=first,
        b=first if rest is None else rest,
    )
    return _list("initContainerStatuses", "initContainers", entry) + "{{ $unready = list }}"


def _list(states: str, containers: str, entry: str) -> str:
    return _fill(
        '{{ with .spec.@CONTAINERS@ }}@STATES@:\n{{ $origins := dig "@STATES@" list $root.status }}{{ range $index, $item := . }}'
        "{{ $origin := dict }}{{ if lt $index (len $origins) }}{{ $origin = index $origins $index }}{{ end }}"
        '{{ $restarts := atoi (toString (dig "restartCount" 0 $origin)) }}@ENTRY@\n{{ end }}{{ end }}\n',
        containers=containers,
        states=states,
        entry=entry,
    )


_CLOSED_GATES = """\
{{ $closed := list }}{{ range .spec.readinessGates }}{{ $found := dig .conditionType "status" "" $old }}
{{ if eq $found "" }}
{{ $closed = append $closed (printf "corresponding condition of pod readiness gate %q does not exist." .conditionType) }}
{{ else if ne $found "True" }}
{{ $closed = append $closed (printf "the status of pod readiness gate %q is not \\"True\\", but %s" .conditionType $found) }}
{{ end }}{{ end }}
"""
_UNREADY = 'printf "containers with unready status: [%s]" (join " " $unready)'
_INCOMPLETE = 'printf "containers with incomplete status: [%s]" (join " " $names)'
_NAMES = "{{ $names := list }}{{ range .spec.initContainers }}{{ $names = append $names .name }}{{ end }}\n"


def conditions(*, initialized: str = "true", sandbox: str = "true", completed: bool = False) -> str:
    """Goes after the containers, which fill $unready. `initialized` and `sandbox` are expressions."""
    ready = "and (eq (len $unready) 0) (eq (len $closed) 0)"
    unready, why = ('"PodCompleted"', '""') if completed else ('"ContainersNotReady"', _UNREADY)
    reason = unready if completed else 'ternary "ContainersNotReady" "ReadinessGatesNotReady" (gt (len $unready) 0)'
    message = why if completed else f'ternary ({why}) (join ", " $closed) (gt (len $unready) 0)'
    return "".join(
        [
            _CLOSED_GATES,
            _NAMES,
            "conditions:\n",
            _condition("PodReadyToStartContainers", sandbox, '""', '""'),
            _condition("Initialized", initialized, '"ContainersNotInitialized"', _INCOMPLETE),
            _condition("ContainersReady", "eq (len $unready) 0", unready, why),
            _condition("Ready", ready, reason, message),
        ]
    )


def _condition(kind: str, is_true: str, reason: str, message: str) -> str:
    """The last transition time is unchanged unless the status changes."""
    return _fill(
        '{{ $status := ternary "True" "False" (@TRUE@) }}{{ $since := $now }}'
        '{{ if eq $status (dig "@KIND@" "status" "" $old) }}{{ $since = dig "@KIND@" "lastTransitionTime" $now $old }}{{ end }}'
        '- {"type": "@KIND@", "status": "{{ $status }}", "lastProbeTime": null, "lastTransitionTime": "{{ $since }}", '
        '{{ if eq $status "True" }}"reason": null, "message": null'
        '{{ else }}"reason": {{ @REASON@ | toJson }}, "message": {{ @MESSAGE@ | toJson }}{{ end }}}\n',
        true=is_true,
        kind=kind,
        reason=reason,
        message=message,
    )


NETWORK = """\
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
hostIPs: [{ip: {{ NodeIPWith .spec.nodeName | Quote }}}]
{{ $ip := PodIPWith .spec.nodeName (or .spec.hostNetwork false) (or .metadata.uid "") (or .metadata.name "") (or .metadata.namespace "") }}
podIP: {{ $ip | Quote }}
podIPs: [{ip: {{ $ip | Quote }}}]
"""
INIT_DONE = init(terminated("Completed", 0, ready="true"))
INIT_KEPT = init(KEPT)
WAITS_FOR_START = _fill(
    "{{ if $root.spec.initContainers }}@INIT@{{ else }}@APP@{{ end }}", init=waiting("PodInitializing"), app=waiting("ContainerCreating")
)
# A kubelet's wording: back-off 1m20s restarting failed container=app pod=app-6f7_default(uid).
BACK_OFF = (
    "back-off {{ index (list `10s` `20s` `40s` `1m20s` `2m40s` `5m0s`) (int (min 5 (sub $restarts 1))) }} restarting failed "
    "container={{ $item.name }} pod={{ $root.metadata.name }}_{{ $root.metadata.namespace }}({{ $root.metadata.uid }})"
)


def status(*parts: str, phase: str = "") -> str:
    """A complete status. $old has the conditions by type."""
    head = "{{ $now := Now }}{{ $root := . }}{{ $unready := list }}{{ $old := dict }}"
    conditions_by_type = "{{ range .status.conditions }}{{ $_ := set $old .type . }}{{ end }}\n"
    return head + conditions_by_type + "".join(parts) + (f"phase: {phase}\n" if phase else "")
