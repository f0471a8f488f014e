"""Load balancers have an AWS-managed interface in each of their subnets. While they exist, the subnets and the VPC cannot be deleted, and
neither can the internet gateway behind public ones.
"""

from __future__ import annotations

import functools
from typing import Any

from rehearsal.extensions.ec2_common import network_interface
from rehearsal.registry import adjusts

SHORT = {"application": "app", "network": "net", "gateway": "gwy"}


@adjusts("elbv2")
def give_interfaces() -> None:
    from moto.elbv2.exceptions import DuplicateLoadBalancerName
    from moto.elbv2.models import ELBv2Backend

    create_original, delete_original = ELBv2Backend.create_load_balancer, ELBv2Backend.delete_load_balancer

    @functools.wraps(create_original)
    def create_load_balancer(self: Any, name: str, *arguments: Any, **options: Any) -> Any:
        if any(each.name == name for each in self.load_balancers.values()):
            raise DuplicateLoadBalancerName
        balancer = create_original(self, name, *arguments, **options)
        _name_by_type(self, balancer)
        groups = list(balancer.security_groups or []) or None
        for subnet in balancer.subnets:
            interface = network_interface(self.ec2_backend, subnet.id, description_of(balancer), groups=groups)
            interface.status, interface.interface_type = "in-use", "network_load_balancer" if balancer.type == "network" else "interface"
            interface.rehearsal_public = balancer.scheme != "internal"
        return balancer

    @functools.wraps(delete_original)
    def delete_load_balancer(self: Any, arn: str) -> None:
        balancer = self.load_balancers.get(arn)
        delete_original(self, arn)
        if balancer is not None:
            self.tagging_service.delete_all_tags_for_resource(arn)
            for interface in [each for each in self.ec2_backend.enis.values() if each.description == description_of(balancer)]:
                self.ec2_backend.delete_network_interface(interface.id)

    ELBv2Backend.create_load_balancer = create_load_balancer
    ELBv2Backend.delete_load_balancer = delete_load_balancer


def description_of(balancer: Any) -> str:
    """The description of an interface: "ELB app/<name>/<id>", the end of the load balancer's ARN."""
    return f"ELB {balancer.arn.split(':loadbalancer/')[1]}"


def _name_by_type(backend: Any, balancer: Any) -> None:
    """moto gives every load balancer an application load balancer's ARN; on AWS, the ARN and the hostname contain the actual type."""
    short = SHORT.get(balancer.type, "app")
    if balancer.scheme == "internal" and short == "app":
        balancer.dns_name = f"internal-{balancer.dns_name}"
    if short == "app":
        return
    former, arn = balancer.arn, balancer.arn.replace(":loadbalancer/app/", f":loadbalancer/{short}/")
    backend.load_balancers[arn] = backend.load_balancers.pop(former)
    balancer.arn = arn
    backend.tagging_service.copy_tags(former, arn)
    backend.tagging_service.delete_all_tags_for_resource(former)
    balancer.dns_name = f"{balancer.name}-{arn.rsplit('/', 1)[1]}.elb.{arn.split(':')[3]}.amazonaws.com"
