"""Listeners, rules, and target groups as the load balancer controller keeps them: in the account exactly what the routing says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rehearsal.kubernetes.routing import Group, Listener, ModelError, Routing, Shape

Tags = Callable[[str], list[dict[str, str]]]


def ensure(
    elb: Any, balancer: Any, routing: Routing, arns: Mapping[str, str], certificates: Mapping[int, Sequence[str]], tags: Tags
) -> None:
    """`arns` of target groups by resource, `certificates` by port, `tags` for a resource by the controller's name for it."""
    present = {int(listener.port): listener for listener in balancer.listeners.values()}
    wanted = {listener.port: listener for listener in routing.listeners}
    for port in present.keys() - wanted.keys():
        elb.delete_listener(present[port].arn)
    for port, listener in wanted.items():
        known = present.get(port)
        if known is not None and known.protocol != listener.protocol:
            elb.delete_listener(known.arn)
            known = None
        if known is None:
            action = api_shape(listener.default, arns)
            known = elb.create_listener(
                balancer.arn, listener.protocol, str(port), listener.ssl_policy, None, [action], None, tags(str(port))
            )
        _configure(elb, known, listener, arns, list(certificates.get(port, ())))
        _ensure_rules(elb, known, listener, arns, tags)


def _configure(elb: Any, known: Any, listener: Listener, arns: Mapping[str, str], certificates: list[str]) -> None:
    from moto.elbv2.models import FakeAction

    known.certificate, known.certificates = (certificates[0] if certificates else None), certificates
    known.ssl_policy = listener.ssl_policy if listener.encrypts else None
    action = FakeAction(api_shape(listener.default, arns))
    if [each.data for each in known.default_actions] != [action.data]:
        known.default_actions = [action]
        known._default_rule[0].actions = [action]
        _join(elb, known, action)


def _ensure_rules(elb: Any, known: Any, listener: Listener, arns: Mapping[str, str], tags: Tags) -> None:
    """By priority: rules that stay keep their ARNs."""
    from moto.elbv2.models import FakeAction

    present = {int(rule.priority): rule for rule in known.rules.values() if not rule.is_default}
    for priority in [each for each in present if each > len(listener.rules)]:
        elb.delete_rule(present[priority].arn)
    for priority, rule in enumerate(listener.rules, start=1):
        conditions = [dict(condition) for condition in rule.conditions]
        action = FakeAction(api_shape(rule.action, arns))
        if priority not in present:
            elb.create_rule(known.arn, conditions, priority, [action.data], tags(f"{listener.port}:{priority}"))
        elif present[priority].conditions != conditions or [each.data for each in present[priority].actions] != [action.data]:
            present[priority].conditions, present[priority].actions = conditions, [action]
            _join(elb, known, action)


def _join(elb: Any, known: Any, action: Any) -> None:
    """A target group is described with its load balancers."""
    for entry in (action.data.get("ForwardConfig") or {}).get("TargetGroups") or []:
        group = elb.target_groups.get(entry["TargetGroupArn"])
        if group is not None and known.load_balancer_arn not in group.load_balancer_arns:
            group.load_balancer_arns.append(known.load_balancer_arn)


def api_shape(action: Shape, arns: Mapping[str, str]) -> dict[str, Any]:
    """An action as the API describes it: with the ARNs of its target groups, and for a single one also in the simple form."""
    made: dict[str, Any] = {"Order": 1, **action}
    if action["Type"] != "forward":
        return made
    config = action["ForwardConfig"]
    groups = [
        {"TargetGroupArn": entry.get("TargetGroupArn") or arns[entry["Resource"]], "Weight": entry["Weight"]}
        for entry in config["TargetGroups"]
    ]
    made["ForwardConfig"] = {
        "TargetGroups": groups,
        "TargetGroupStickinessConfig": config.get("TargetGroupStickinessConfig") or {"Enabled": False},
    }
    if len(groups) == 1:
        made["TargetGroupArn"] = groups[0]["TargetGroupArn"]
    return made


def configure_group(known: Any, group: Group) -> None:
    """Health check and attributes of a target group."""
    check = group.health
    known.health_check_protocol = check.protocol
    known.health_check_port = check.port
    if check.protocol in ("HTTP", "HTTPS"):
        known.health_check_path = check.path
        known.matcher = {"HttpCode": check.codes}
    known.health_check_interval_seconds = check.interval
    known.health_check_timeout_seconds = check.timeout
    known.healthy_threshold_count, known.unhealthy_threshold_count = check.healthy, check.unhealthy
    known.attributes.update(group.attributes)


def checked_attributes(balancer: Any, attributes: Mapping[str, str]) -> dict[str, str]:
    """Raises ModelError for a name that AWS does not know."""
    if unknown := sorted(set(attributes) - set(type(balancer).VALID_ATTRS)):
        raise ModelError(f"InvalidConfigurationRequest: Load balancer attribute key '{unknown[0]}' is not recognized")
    return dict(attributes)
