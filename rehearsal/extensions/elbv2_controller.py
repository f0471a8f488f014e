"""What the AWS Load Balancer Controller creates in AWS: for each stack, a load balancer with its security groups and target groups. It
finds them again by their tags.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.extensions import elbv2_listeners
from rehearsal.extensions.ec2_common import leads_to_the_internet
from rehearsal.extensions.elbv2_certificates import Certificates
from rehearsal.kubernetes.load_balancers import Stack, short_hash
from rehearsal.kubernetes.routing import Group, Routing, Shape, routing_of
from rehearsal.registry import backend
from rehearsal.traffic.balancing import IDLE_SECONDS, Served
from rehearsal.transitions import tags_of

CLUSTER = "elbv2.k8s.aws/cluster"
RULE = "elbv2.k8s.aws/targetGroupBinding=shared"
ROLE_TAGS = {"internet-facing": "kubernetes.io/role/elb", "internal": "kubernetes.io/role/internal-elb"}
LEAST_ZONES = {"application": 2, "network": 1}


class Unresolved(Exception):
    """The controller cannot build a load balancer; the message is the text of its event."""


@dataclass(frozen=True)
class Place:
    """Where a cluster is."""

    cluster: str
    vpc: str
    account: str
    region: str

    @property
    def cluster_arn(self) -> str:
        return str(self.of("eks").clusters[self.cluster].arn)

    def of(self, service: str) -> Any:
        return backend(service, self.account, self.region)


def ensure(place: Place, stack: Stack, services: Sequence[Shape]) -> Served:
    """Makes the account hold what a stack asks for, no more and no less. Raises Unresolved, or routing's ModelError."""
    routing = routing_of(stack, services)
    certificates = Certificates(place.of("acm"), routing)
    balancer = _ensure_balancer(place, stack, routing)
    arns = _ensure_target_groups(place, stack, routing)
    elbv2_listeners.ensure(place.of("elbv2"), balancer, routing, arns, certificates.arns, lambda kind: _listed(_tags(place, stack, kind)))
    _delete_target_groups(place, stack, arns.values())
    _configure(place, stack, balancer)
    if not stack.security_groups:
        _admit_at_nodes(place, _shared_group(place))
    return Served(
        cluster=place.cluster_arn,
        name=balancer.name,
        arn=balancer.arn,
        dns_name=balancer.dns_name,
        type=stack.type,
        account=place.account,
        region=place.region,
        routing=routing,
        arns=arns,
        certificates=certificates.names,
        idle_timeout=float(balancer.attrs.get("idle_timeout.timeout_seconds", IDLE_SECONDS)),
    )


def _ensure_balancer(place: Place, stack: Stack, routing: Routing) -> Any:
    elb = place.of("elbv2")
    for other in [each for each in elb.load_balancers.values() if each.name != stack.name and _stack_of(place, stack, each.arn)]:
        elb.delete_load_balancer(other.arn)  # its name, which cannot be changed, was another one
    present = next((each for each in elb.load_balancers.values() if each.name == stack.name), None)
    if present is not None and present.scheme != stack.scheme:
        elb.delete_load_balancer(present.arn)
        present = None
    if present is None:
        subnets = _subnets(place, stack)
        groups = stack.security_groups or [_managed_group(place, stack, routing)]
        present = elb.create_load_balancer(
            name=stack.name,
            security_groups=[*groups, _shared_group(place)],
            subnet_ids=[subnet.id for subnet in subnets],
            scheme=stack.scheme,
            loadbalancer_type=stack.type,
            tags=_listed(_tags(place, stack, "LoadBalancer")),
        )
        present.state = "active"
    return present


def _configure(place: Place, stack: Stack, balancer: Any) -> None:
    """Attributes, security groups, tags, and the web ACL, which is left alone unless the annotation speaks of it."""
    elb = place.of("elbv2")
    balancer.attrs.update(elbv2_listeners.checked_attributes(balancer, stack.attributes))
    if stack.security_groups:
        balancer.security_groups = [*stack.security_groups, _shared_group(place)]
    elb.tagging_service.tag_resource(balancer.arn, _listed(_tags(place, stack, "LoadBalancer")))
    if stack.web_acl is None:
        return
    firewall = place.of("wafv2")
    present = firewall.get_web_acl_for_resource(balancer.arn)
    wanted = "" if stack.web_acl in ("", "none") else stack.web_acl
    if present is not None and present.arn != wanted:
        firewall.disassociate_web_acl(balancer.arn)
    if wanted and (present is None or present.arn != wanted):
        firewall.associate_web_acl(wanted, balancer.arn)


def remove(place: Place, stack: Stack) -> None:
    """Deletes everything that a stack has, and the shared security group with the last stack."""
    elb, ec2 = place.of("elbv2"), place.of("ec2")
    for balancer in [each for each in elb.load_balancers.values() if each.name == stack.name]:
        elb.delete_load_balancer(balancer.arn)
    for group in _target_groups(place, stack):
        elb.delete_target_group(group.arn)
        elb.tagging_service.delete_all_tags_for_resource(group.arn)
    key = f"{stack.kind}.k8s.aws/stack"
    for group in _groups(place):
        if tags_of(group).get(key) == stack.identity:
            ec2.delete_security_group(group_id=group.id)
    others = [each for each in elb.load_balancers.values() if elb.tagging_service.get_tag_dict_for_resource(each.arn).get(CLUSTER)]
    if not any(elb.tagging_service.get_tag_dict_for_resource(each.arn)[CLUSTER] == place.cluster for each in others):
        for group in _groups(place):
            if tags_of(group).get("elbv2.k8s.aws/resource") == "backend-sg":
                _dismiss_at_nodes(place, group.id)
                ec2.delete_security_group(group_id=group.id)


def _tags(place: Place, stack: Stack, resource: str) -> dict[str, str]:
    prefix = f"{stack.kind}.k8s.aws"
    return {**stack.tags, CLUSTER: place.cluster, f"{prefix}/stack": stack.identity, f"{prefix}/resource": resource}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _subnets(place: Place, stack: Stack) -> Sequence[Any]:
    """The named subnets; else one per zone, from those with the scheme's tag or, failing that, from those reachable for the scheme."""
    ec2 = place.of("ec2")
    present = [subnet for zone in ec2.subnets.values() for subnet in zone.values() if subnet.vpc_id == place.vpc]
    if stack.subnets:
        chosen = [each for each in present if each.id in stack.subnets or tags_of(each).get("Name") in stack.subnets]
        if len(chosen) != len(stack.subnets):
            raise Unresolved(f"couldn't find all subnets, nameOrIDs: [{' '.join(stack.subnets)}], found: {len(chosen)}")
    else:
        tagged = [each for each in present if tags_of(each).get(ROLE_TAGS.get(stack.scheme, "")) in ("1", "")]
        public = stack.scheme == "internet-facing"
        candidates = tagged or [each for each in present if leads_to_the_internet(ec2, each) is public]
        chosen = list({each.availability_zone: each for each in sorted(candidates, key=lambda each: each.id, reverse=True)}.values())
    if not chosen:
        raise Unresolved("couldn't auto-discover subnets: unable to resolve at least one subnet")
    zones = {each.availability_zone for each in chosen}
    if len(zones) < LEAST_ZONES[stack.type]:
        raise Unresolved(f"subnets count less than minimal required count: {len(zones)} < {LEAST_ZONES[stack.type]}")
    return chosen


def _groups(place: Place) -> list[Any]:
    """The security groups of this cluster's controller."""
    groups = place.of("ec2").groups.get(place.vpc, {}).values()
    return [group for group in groups if tags_of(group).get(CLUSTER) == place.cluster]


def _managed_group(place: Place, stack: Stack, routing: Routing) -> str:
    """One per load balancer; it allows clients on the load balancer's ports."""
    ec2, tags = place.of("ec2"), _tags(place, stack, "ManagedLBSecurityGroup")
    present = next((group for group in _groups(place) if group.name == stack.name), None)
    if present is None:
        present = ec2.create_security_group(stack.name, "[k8s] Managed SecurityGroup for LoadBalancer", place.vpc, tags)
        for listener in routing.listeners:
            kind, port = "udp" if listener.protocol == "UDP" else "tcp", str(listener.port)
            ec2.authorize_security_group_ingress(present.id, kind, port, port, [{"CidrIp": "0.0.0.0/0"}])
    return str(present.id)


def _shared_group(place: Place) -> str:
    """One for all load balancers of the cluster; the nodes allow traffic from it."""
    name = f"k8s-traffic-{place.cluster.replace('-', '').replace('_', '')[:232]}-{short_hash(place.cluster)}"
    present = next((group for group in _groups(place) if group.name == name), None)
    if present is None:
        tags = {CLUSTER: place.cluster, "elbv2.k8s.aws/resource": "backend-sg"}
        present = place.of("ec2").create_security_group(name, "[k8s] Shared Backend SecurityGroup for LoadBalancer", place.vpc, tags)
    return str(present.id)


def _groups_of_nodes(place: Place) -> list[Any]:
    """The security group of each node's interface; if there are several, the one with the cluster's tag."""
    cluster = place.of("eks").clusters.get(place.cluster)
    present = place.of("ec2").groups.get(place.vpc, {})
    found = {}
    for nodes in cluster.nodegroups.values() if cluster else ():
        groups = [present[one] for one in getattr(nodes, "rehearsal_security_groups", ()) if one in present]
        tagged = [group for group in groups if f"kubernetes.io/cluster/{place.cluster}" in tags_of(group)]
        found.update({group.id: group for group in (groups if len(groups) == 1 else tagged)})
    return list(found.values())


def _admit_at_nodes(place: Place, shared: str) -> None:
    """The rule by which nodes allow the load balancers. The controller identifies it by its description."""
    for group in _groups_of_nodes(place):
        if not any(rule.source_group.get("GroupId") == shared for rule in group.ingress_rules):
            source = {"GroupId": shared, "Description": RULE}
            place.of("ec2").authorize_security_group_ingress(group.id, "tcp", "30000", "32767", [], source_groups=[source])


def _dismiss_at_nodes(place: Place, shared: str) -> None:
    for group in _groups_of_nodes(place):
        group.ingress_rules = [rule for rule in group.ingress_rules if rule.source_group.get("GroupId") != shared]


def _stack_of(place: Place, stack: Stack, arn: str) -> bool:
    tags = place.of("elbv2").tagging_service.get_tag_dict_for_resource(arn)
    return tags.get(CLUSTER) == place.cluster and tags.get(f"{stack.kind}.k8s.aws/stack") == stack.identity


def _target_groups(place: Place, stack: Stack) -> list[Any]:
    return [group for group in place.of("elbv2").target_groups.values() if _stack_of(place, stack, group.arn)]


def _ensure_target_groups(place: Place, stack: Stack, routing: Routing) -> dict[str, str]:
    """The ARNs of a stack's target groups by resource."""
    elb, key = place.of("elbv2"), f"{stack.kind}.k8s.aws/resource"
    present = {elb.tagging_service.get_tag_dict_for_resource(group.arn)[key]: group for group in _target_groups(place, stack)}
    found = {}
    for group in routing.groups:
        resource = group.backend.resource
        known = present.get(resource) or _new_target_group(place, stack, group)
        elbv2_listeners.configure_group(known, group)
        found[resource] = str(known.arn)
    return found


def _delete_target_groups(place: Place, stack: Stack, wanted: Collection[str]) -> None:
    """Those that no rule forwards to any more."""
    elb = place.of("elbv2")
    for group in _target_groups(place, stack):
        if group.arn not in wanted and not elb._any_listener_using(group.arn):
            elb.delete_target_group(group.arn)
            elb.tagging_service.delete_all_tags_for_resource(group.arn)


def _new_target_group(place: Place, stack: Stack, group: Group) -> Any:
    target = group.backend
    name = (
        f"k8s-{target.namespace.replace('-', '')[:8]}-{target.service.replace('-', '')[:8]}-{short_hash(stack.identity, target.resource)}"
    )
    return place.of("elbv2").create_target_group(
        name,
        protocol=group.protocol if group.protocol_version else target.protocol,
        protocol_version=group.protocol_version,
        port=target.port if target.port.isdigit() else "80",
        vpc_id=place.vpc,
        target_type=group.target_type,
        healthcheck_port="traffic-port",
        tags=_listed(_tags(place, stack, target.resource)),
    )
