"""What a stack of the AWS Load Balancer Controller routes where: listeners with rules, and target groups, from the objects' annotations.

Conditions and actions have the shapes of the ELBv2 API, except that a target group is named by `Resource`, the controller's name for it,
until the controller knows its ARN. The rules of translation are those of the controller's documentation, "Ingress annotations".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.kubernetes.load_balancers import INGRESS, SERVICE, Backend, Stack, listeners_of, notes_of

Shape = Mapping[str, Any]
NOT_FOUND = {"Type": "fixed-response", "FixedResponseConfig": {"ContentType": "text/plain", "StatusCode": "404", "MessageBody": ""}}
SSL_POLICY = "ELBSecurityPolicy-2016-08"
USE_ANNOTATION = "use-annotation"


class ModelError(Exception):
    """The controller cannot make sense of an object; the message is the text of its event."""


@dataclass(frozen=True)
class HealthCheck:
    """Seconds and counts as configured; `codes` is the matcher, such as 200-399."""

    path: str = "/"
    protocol: str = "HTTP"
    port: str = "traffic-port"
    codes: str = "200"
    interval: int = 15
    timeout: int = 5
    healthy: int = 2
    unhealthy: int = 2


@dataclass(frozen=True)
class Group:
    """A target group."""

    backend: Backend
    target_type: str
    protocol: str
    protocol_version: str | None
    health: HealthCheck
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    conditions: tuple[Shape, ...]
    action: Shape


@dataclass(frozen=True)
class Listener:
    """`certificates` are ARNs; without any, a listener with TLS looks for certificates of its `hosts`."""

    protocol: str
    port: int
    default: Shape
    rules: tuple[Rule, ...] = ()
    certificates: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    ssl_policy: str = SSL_POLICY

    @property
    def encrypts(self) -> bool:
        return self.protocol in ("HTTPS", "TLS")


@dataclass(frozen=True)
class Routing:
    listeners: tuple[Listener, ...]
    groups: tuple[Group, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(host for listener in self.listeners for host in listener.hosts))


def routing_of(stack: Stack, services: Iterable[Shape]) -> Routing:
    """`services` are the cluster's: their annotations win over those of an Ingress. Raises ModelError."""
    by_name = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in services}
    return _of_service(stack) if stack.kind == "service" else _of_ingresses(stack, by_name)


def _of_ingresses(stack: Stack, services: Mapping[tuple[str, str], Shape]) -> Routing:
    groups: dict[str, Group] = {}
    ordered = sorted(stack.objects, key=lambda each: (_order(each), each["metadata"]["namespace"], each["metadata"]["name"]))
    by_port: dict[int, tuple[str, list[Shape]]] = {}
    for ingress in ordered:
        for protocol, port in listen_ports(ingress):
            known = by_port.setdefault(port, (protocol, []))
            if known[0] != protocol:
                raise ModelError(f"conflicting protocol for listener {port}: {known[0]} | {protocol}")
            known[1].append(ingress)
    redirect = _ssl_redirect(ordered, by_port)
    listeners = []
    for port, (protocol, ingresses) in by_port.items():
        found = [(ingress, rule) for ingress in ingresses for rule in rules_of(ingress)]
        rules = tuple(Rule(_conditions(ingress, rule), _action(ingress, rule, services, groups)) for ingress, rule in found)
        default = next((_default(ingress, services, groups) for ingress in ingresses if ingress["spec"].get("defaultBackend")), NOT_FOUND)
        if redirect and protocol == "HTTP":
            rules, default = (), redirect
        hosts = tuple(dict.fromkeys(host for ingress in ingresses for host in hosts_of(ingress)))
        given = [notes_of(each).get(f"{INGRESS}/certificate-arn", "") for each in ingresses]
        policy = next((value for each in ingresses if (value := notes_of(each).get(f"{INGRESS}/ssl-policy"))), SSL_POLICY)
        listeners.append(Listener(protocol, port, default, rules, _listed(",".join(given)) if protocol == "HTTPS" else (), hosts, policy))
    return Routing(tuple(listeners), tuple(groups.values()))


def _order(ingress: Shape) -> int:
    """The annotation group.order; smaller comes first."""
    try:
        return int(notes_of(ingress).get(f"{INGRESS}/group.order", "0"))
    except ValueError as error:
        raise ModelError(f"failed to load Ingress group order: {error}") from None


def listen_ports(ingress: Shape) -> list[tuple[str, int]]:
    """Protocol and port: the annotation's, else HTTPS on 443 if a certificate is named, else HTTP on 80."""
    said = notes_of(ingress)
    default = '[{"HTTPS": 443}]' if said.get(f"{INGRESS}/certificate-arn") else '[{"HTTP": 80}]'
    asked = _parsed("listen-ports", said.get(f"{INGRESS}/listen-ports") or default)
    try:
        found = [(str(protocol), int(port)) for entry in asked for protocol, port in entry.items()]
    except (AttributeError, TypeError, ValueError):
        raise ModelError(f"failed to parse listen-ports configuration: {asked}") from None
    if wrong := [protocol for protocol, port in found if protocol not in ("HTTP", "HTTPS")]:
        raise ModelError(f"listen protocol must be HTTP or HTTPS: {wrong[0]}")
    return found


def _ssl_redirect(ingresses: Sequence[Shape], by_port: Mapping[int, tuple[str, Any]]) -> Shape | None:
    """One Ingress that asks for it redirects all HTTP listeners of its group."""
    port = next((value for each in ingresses if (value := notes_of(each).get(f"{INGRESS}/ssl-redirect"))), None)
    if port is None:
        return None
    if by_port.get(int(port) if port.isdigit() else 0, ("", None))[0] != "HTTPS":
        raise ModelError(f"listener does not exist for SSLRedirect port: {port}")
    return {"Type": "redirect", "RedirectConfig": {"Port": port, "Protocol": "HTTPS", "StatusCode": "HTTP_301"}}


def rules_of(ingress: Shape) -> list[Shape]:
    """Host, path, and backend of each rule, in the controller's order: of one host, exact paths first, then prefixes with the longest
    first, then all others as they are written.
    """
    found: list[Shape] = []
    for rule in ingress["spec"].get("rules") or []:
        paths = list((rule.get("http") or {}).get("paths") or [])
        exact = [path for path in paths if path.get("pathType") == "Exact"]
        prefixes = sorted((path for path in paths if path.get("pathType") == "Prefix"), key=lambda path: -len(path.get("path") or ""))
        others = [path for path in paths if path.get("pathType") not in ("Exact", "Prefix")]
        found += [{"host": rule.get("host") or "", **path} for path in (*exact, *prefixes, *others)]
    return found


def hosts_of(ingress: Shape) -> list[str]:
    rules = [rule["host"] for rule in ingress["spec"].get("rules") or [] if rule.get("host")]
    return [*rules, *(host for entry in ingress["spec"].get("tls") or [] for host in entry.get("hosts") or [])]


def path_patterns(path: str, kind: str | None) -> list[str]:
    """The values of a path-pattern condition. `*` and `?` are wildcards only where the type is ImplementationSpecific."""
    if kind in ("Exact", "Prefix") and ("*" in path or "?" in path):
        raise ModelError(f"{kind} path shouldn't contain wildcards: {path}")
    if kind == "Exact":
        return [path]
    if kind == "Prefix":
        plain = path.rstrip("/")
        return [plain, f"{plain}/*"] if plain else ["/*"]
    return [path or "/*"]


def _conditions(ingress: Shape, rule: Shape) -> tuple[Shape, ...]:
    """Host and path of a rule, together with those that the annotation conditions.<service> adds."""
    service = str(((rule.get("backend") or {}).get("service") or {}).get("name"))
    asked = notes_of(ingress).get(f"{INGRESS}/conditions.{service}")
    further = [aws_shape(each) for each in _parsed(f"conditions.{service}", asked or "[]")]
    hosts, paths = [rule["host"]] if rule["host"] else [], []
    if rule.get("path"):
        paths = path_patterns(rule["path"], rule.get("pathType"))
    others = []
    for each in further:
        if each.get("Field") == "host-header":
            hosts += (each.get("HostHeaderConfig") or each).get("Values") or []
        elif each.get("Field") == "path-pattern":
            paths += (each.get("PathPatternConfig") or each).get("Values") or []
        else:
            others.append(each)
    found: list[Shape] = []
    if hosts:
        found.append({"Field": "host-header", "HostHeaderConfig": {"Values": hosts}})
    if paths:
        found.append({"Field": "path-pattern", "PathPatternConfig": {"Values": paths}})
    return (*found, *others) or ({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}},)


def _default(ingress: Shape, services: Mapping[tuple[str, str], Shape], groups: dict[str, Group]) -> Shape:
    return _action(ingress, {"backend": ingress["spec"]["defaultBackend"]}, services, groups)


def _action(ingress: Shape, rule: Shape, services: Mapping[tuple[str, str], Shape], groups: dict[str, Group]) -> Shape:
    """The action of a rule's backend: forwarding to its Service, or what the annotation actions.<service> says."""
    service = (rule.get("backend") or {}).get("service")
    if not service:
        raise ModelError("backend resource is not supported; a Service is")
    port = service.get("port") or {}
    if port.get("name") != USE_ANNOTATION:
        number = str(port.get("number") or port.get("name"))
        return _forward([(_group(ingress, service["name"], number, services, groups), 1)])
    asked = notes_of(ingress).get(f"{INGRESS}/actions.{service['name']}")
    if asked is None:
        raise ModelError(f"missing actions.{service['name']} configuration")
    action = aws_shape(_parsed(f"actions.{service['name']}", asked))
    return _resolved(ingress, action, services, groups) if str(action.get("Type")) == "forward" else action


def _resolved(ingress: Shape, action: Shape, services: Mapping[tuple[str, str], Shape], groups: dict[str, Group]) -> Shape:
    config = action.get("ForwardConfig") or {"TargetGroups": [action]}
    named: list[tuple[Shape, int]] = []
    for entry in config.get("TargetGroups") or []:
        weight = int(entry.get("Weight", 1))
        if not 0 <= weight <= 999:
            raise ModelError(f"the weight of a target group is 0 to 999, not {weight}")
        if entry.get("ServiceName"):
            named.append((_group(ingress, str(entry["ServiceName"]), str(entry.get("ServicePort")), services, groups), weight))
        elif entry.get("TargetGroupArn"):
            named.append(({"TargetGroupArn": entry["TargetGroupArn"]}, weight))
        else:
            raise ModelError("precisely one of targetGroupARN, targetGroupName and serviceName must be specified")
    return _forward(named, config.get("TargetGroupStickinessConfig") or {})


def _forward(named: Sequence[tuple[Shape, int]], stickiness: Shape | None = None) -> Shape:
    config: dict[str, Any] = {"TargetGroups": [{**group, "Weight": weight} for group, weight in named]}
    if stickiness:
        seconds = {"DurationSeconds": int(stickiness["DurationSeconds"])} if stickiness.get("DurationSeconds") else {}
        config["TargetGroupStickinessConfig"] = {"Enabled": _is_true(stickiness.get("Enabled")), **seconds}
    return {"Type": "forward", "ForwardConfig": config}


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _group(ingress: Shape, name: str, port: str, services: Mapping[tuple[str, str], Shape], groups: dict[str, Group]) -> Shape:
    """Remembers the target group of a Service's port, and returns how an action names it."""
    namespace = ingress["metadata"]["namespace"]
    resource = f"{namespace}/{ingress['metadata']['name']}-{name}:{port}"
    if resource not in groups:
        said = {**notes_of(ingress), **notes_of(services.get((namespace, name)) or {"metadata": {}})}
        settings = {key.removeprefix(f"{INGRESS}/"): value for key, value in said.items() if key.startswith(f"{INGRESS}/")}
        protocol = settings.get("backend-protocol", "HTTP")
        groups[resource] = Group(
            Backend(resource, namespace, name, port, protocol),
            settings.get("target-type", "instance"),
            protocol,
            settings.get("backend-protocol-version", "HTTP1"),
            _health(settings, protocol),
            pairs(settings.get("target-group-attributes", "")),
        )
    return {"Resource": resource}


def _health(settings: Mapping[str, str], protocol: str) -> HealthCheck:
    try:
        return HealthCheck(
            settings.get("healthcheck-path", "/"),
            settings.get("healthcheck-protocol", protocol).upper(),
            settings.get("healthcheck-port", "traffic-port"),
            settings.get("success-codes", "200"),
            int(settings.get("healthcheck-interval-seconds", "15")),
            int(settings.get("healthcheck-timeout-seconds", "5")),
            int(settings.get("healthy-threshold-count", "2")),
            int(settings.get("unhealthy-threshold-count", "2")),
        )
    except ValueError as error:
        raise ModelError(f"failed to parse the health check: {error}") from None


def _of_service(stack: Stack) -> Routing:
    """A network load balancer: a listener for each port of the Service, with TLS where a certificate and the ports say so."""
    groups, listeners = [], []
    prefix = f"{SERVICE}/aws-load-balancer-"
    for service in stack.objects:
        settings = {key.removeprefix(prefix): value for key, value in notes_of(service).items() if key.startswith(prefix)}
        certificates = _listed(settings.get("ssl-cert", ""))
        encrypted = _listed(settings.get("ssl-ports", ""))
        for port, backend in zip(listeners_of(service), stack.backends()):
            protocol = port["protocol"]
            if certificates and protocol == "TCP" and (not encrypted or {"*", str(port["port"]), str(port.get("name"))} & set(encrypted)):
                protocol = "TLS"
            check = _health({"healthcheck-protocol": "TCP"} | settings, "TCP")
            groups.append(
                Group(backend, stack.target_type, port["protocol"], None, check, pairs(settings.get("target-group-attributes", "")))
            )
            policy = settings.get("ssl-negotiation-policy", SSL_POLICY)
            listeners.append(
                Listener(protocol, int(port["port"]), _forward([({"Resource": backend.resource}, 1)]), (), certificates, (), policy)
            )
    return Routing(tuple(listeners), tuple(groups))


def aws_shape(value: Any) -> Any:
    """A value from an annotation with the names of the API: `fixedResponseConfig` becomes `FixedResponseConfig`."""
    if isinstance(value, Mapping):
        return {_member(key): aws_shape(each) for key, each in value.items()}
    return [aws_shape(each) for each in value] if isinstance(value, list) else value


def _member(name: str) -> str:
    return (name[:1].upper() + name[1:]).replace("ARN", "Arn")


def _parsed(annotation: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ModelError(f"failed to parse json annotation, {INGRESS}/{annotation}: {text}: {error}") from None


def pairs(text: str) -> dict[str, str]:
    """k1=v1,k2=v2."""
    return {key.strip(): value.strip() for key, _, value in (pair.partition("=") for pair in text.split(",")) if key.strip()}


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))
