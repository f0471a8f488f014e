"""What calls about Auto Scaling groups and load balancers are checked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.asking import arn, ask, pairs
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call


def of_autoscaling(call: Call) -> Iterator[Ask]:
    """Whatever names a group is on the group, but for looking at it."""
    tags = call.get("Tags") or ()
    names = {str(tag.get("ResourceId")) for tag in tags} if call.operation in ("CreateOrUpdateTags", "DeleteTags") else set()
    names |= {str(call.get("AutoScalingGroupName"))} if call.get("AutoScalingGroupName") else set()
    if call.operation.startswith("Describe") or not names:
        yield ask(call, "*")
        return
    request = {str(tag["Key"]): str(tag.get("Value") or "") for tag in tags}
    for name in sorted(names):
        group = call.backend.autoscaling_groups.get(name)
        resource = group.arn if group else arn(call, "autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{name}")
        yield ask(call, resource, request=request, there=_of_group(group))


def _of_group(group: Any) -> dict[str, str]:
    return {str(tag.get("key", tag.get("Key"))): str(tag.get("value", tag.get("Value")) or "") for tag in group.tags} if group else {}


NAMED_BY_ARN = ("LoadBalancerArn", "TargetGroupArn", "ListenerArn", "RuleArn")
NAMED_BY_NAME = ("LoadBalancerName", "LoadBalancerNames")


def of_load_balancers(call: Call) -> Iterator[Ask]:
    """What names a load balancer, a target group or a listener is on that, but for looking at it."""
    named = [str(call.get(parameter)) for parameter in NAMED_BY_ARN if call.get(parameter)]
    if call.service == "elb":
        names = [name for parameter in NAMED_BY_NAME for name in _listed(call.get(parameter))]
        named = [arn(call, "elasticloadbalancing", f"loadbalancer/{name}") for name in names]
    if call.operation in ("AddTags", "RemoveTags") and call.service == "elbv2":
        named = [str(identity) for identity in call.get("ResourceArns") or ()]
    if call.operation.startswith("Describe") or not named:
        yield ask(call, "*")
        return
    request = pairs(call.get("Tags") or ()) if call.operation != "RemoveTags" else {}
    for identity in named:
        yield ask(call, identity, request=request, there=_of_balancer(call, identity))


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def _of_balancer(call: Call, identity: str) -> Mapping[str, str]:
    if call.service == "elb":
        balancer = call.backend.load_balancers.get(identity.rpartition("/")[2])
        return dict(balancer.tags) if balancer else {}
    return dict(call.backend.tagging_service.get_tag_dict_for_resource(identity))
