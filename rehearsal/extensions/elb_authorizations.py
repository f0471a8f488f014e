"""Authorization checks for Classic Load Balancer calls, which identify load balancers by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.asking import arn
from rehearsal.extensions.elbv2_authorizations import on_each
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes

NAMED_BY = ("LoadBalancerName", "LoadBalancerNames")


@authorizes("elb")
def asked(call: Call) -> Iterator[Ask]:
    def tags(identity: str) -> Mapping[str, str]:
        balancer = call.backend.load_balancers.get(identity.rpartition("/")[2])
        return dict(balancer.tags) if balancer else {}

    names = [name for parameter in NAMED_BY for name in _listed(call.get(parameter))]
    yield from on_each(call, [arn(call, "elasticloadbalancing", f"loadbalancer/{name}") for name in names], tags)


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []
