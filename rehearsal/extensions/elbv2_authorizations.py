"""Authorization checks for load balancer calls. Classic Load Balancers use their own names; see `elb_authorizations.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rehearsal.asking import ask, pairs
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes

NAMED_BY = ("LoadBalancerArn", "TargetGroupArn", "ListenerArn", "RuleArn")


@authorizes("elbv2")
def asked(call: Call) -> Iterator[Ask]:
    named = [str(call.get(parameter)) for parameter in NAMED_BY if call.get(parameter)]
    if call.operation in ("AddTags", "RemoveTags"):
        named = [str(identity) for identity in call.get("ResourceArns") or ()]
    yield from on_each(call, named, lambda identity: dict(call.backend.tagging_service.get_tag_dict_for_resource(identity)))


def on_each(call: Call, named: list[str], tags_of: Callable[[str], Mapping[str, str]]) -> Iterator[Ask]:
    """A call that names a load balancer, a target group, or a listener is checked on it, except for describe calls."""
    if call.operation.startswith("Describe") or not named:
        yield ask(call, "*")
        return
    request = pairs(call.get("Tags") or ()) if call.operation != "RemoveTags" else {}
    for identity in named:
        yield ask(call, identity, request=request, there=tags_of(identity))
