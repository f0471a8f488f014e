# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS shows of clusters and of the resources that their controllers have created, and how to delete these."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from .....aws.connection import Aws
from .....aws.owner import TAG_PREFIX
from .....aws.tags import tag_dict
from .....reconcile.errors import Ambiguous, NotYet
from ...settings.karpenter import POOL
from .leftovers import (
    CLASSIC,
    CLOUD_PROVIDER_TAG,
    INSTANCE,
    INTERFACE,
    LOAD_BALANCER,
    SECURITY_GROUP,
    TARGET_GROUP,
    TEMPLATE,
    AwsResource,
)

TAGS_AT_ONCE = 20
"""Load balancers or target groups that one DescribeTags call accepts (Elastic Load Balancing API reference)."""
PROTECTION = "deletion_protection.enabled"
LAUNCHED = [{"Name": "tag-key", "Values": [POOL]}]
"""Selects what Karpenter made, of any cluster."""
ALIVE = {"Name": "instance-state-name", "Values": ["pending", "running", "shutting-down", "stopping", "stopped"]}


def vpcs_of_environment(aws: Aws) -> set[str]:
    """The VPCs that carry the environment's mark, regardless of component."""
    filters = [{"Name": f"tag:{TAG_PREFIX}environment", "Values": [aws.owner.environment]}]
    return {str(vpc["VpcId"]) for vpc in aws.list_all("ec2", "describe_vpcs", "Vpcs", Filters=filters)}


def resources_in(aws: Aws, vpcs: Collection[str]) -> list[AwsResource]:
    """Load balancers, target groups, security groups and network interfaces in these VPCs, regardless of their creator, and what Karpenter
    launched there.
    """
    if not vpcs:
        return []
    inside = [{"Name": "vpc-id", "Values": sorted(vpcs)}]
    questions: list[Callable[[], Iterable[Any]]] = [
        lambda: aws.list_all("elbv2", "describe_load_balancers", "LoadBalancers"),
        lambda: aws.list_all("elbv2", "describe_target_groups", "TargetGroups"),
        lambda: aws.list_all("elb", "describe_load_balancers", "LoadBalancerDescriptions"),
        lambda: aws.list_all("ec2", "describe_security_groups", "SecurityGroups", Filters=inside),
        lambda: aws.list_all("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=inside),
        lambda: aws.list_all("ec2", "describe_instances", "Reservations", Filters=[*inside, *LAUNCHED, ALIVE]),
        lambda: aws.list_all("ec2", "describe_launch_templates", "LaunchTemplates", Filters=LAUNCHED),
    ]
    balancers, targets, classic, groups, interfaces, reservations, templates = aws.map(lambda question: question(), questions)
    balancers = [one for one in balancers if one.get("VpcId") in vpcs]
    targets = [one for one in targets if one.get("VpcId") in vpcs]
    classic = [one for one in classic if one.get("VPCId") in vpcs]
    arns = [str(one["LoadBalancerArn"]) for one in balancers] + [str(one["TargetGroupArn"]) for one in targets]
    tags = _tags_by_arn(aws, arns)
    return [
        *(_balancer(one, tags) for one in balancers),
        *(_target_group(one, tags) for one in targets),
        *_classic(aws, classic),
        *(AwsResource(SECURITY_GROUP, one["GroupId"], one["GroupName"], one.get("VpcId", ""), tag_dict(one.get("Tags"))) for one in groups),
        *(_interface(one) for one in interfaces),
        *(_instance(one) for reservation in reservations for one in reservation["Instances"]),
        *(AwsResource(TEMPLATE, one["LaunchTemplateId"], one["LaunchTemplateName"], tags=tag_dict(one.get("Tags"))) for one in templates),
    ]


def _tags_by_arn(aws: Aws, arns: list[str]) -> dict[str, dict[str, str]]:
    def ask(some: tuple[str, ...]) -> list[Any]:
        return list((aws.find("elbv2", "describe_tags", ResourceArns=list(some)) or {}).get("TagDescriptions") or ())

    found = aws.map(ask, _batches(arns))
    return {one["ResourceArn"]: tag_dict(one.get("Tags")) for batch in found for one in batch}


def _batches(names: list[str]) -> list[tuple[str, ...]]:
    return [tuple(some) for some in itertools.batched(names, TAGS_AT_ONCE)]


def _balancer(one: Mapping[str, Any], tags: Mapping[str, Mapping[str, str]]) -> AwsResource:
    arn = str(one["LoadBalancerArn"])
    return AwsResource(LOAD_BALANCER, arn, str(one["LoadBalancerName"]), str(one["VpcId"]), tags.get(arn, {}))


def _target_group(one: Mapping[str, Any], tags: Mapping[str, Mapping[str, str]]) -> AwsResource:
    arn = str(one["TargetGroupArn"])
    return AwsResource(TARGET_GROUP, arn, str(one["TargetGroupName"]), str(one["VpcId"]), tags.get(arn, {}))


def _classic(aws: Aws, balancers: list[Mapping[str, Any]]) -> list[AwsResource]:
    def ask(some: tuple[str, ...]) -> list[Any]:
        return list((aws.find("elb", "describe_tags", LoadBalancerNames=list(some)) or {}).get("TagDescriptions") or ())

    found = aws.map(ask, _batches([str(one["LoadBalancerName"]) for one in balancers]))
    tags = {one["LoadBalancerName"]: tag_dict(one.get("Tags")) for batch in found for one in batch}
    names = [(str(one["LoadBalancerName"]), str(one["VPCId"])) for one in balancers]
    return [AwsResource(CLASSIC, name, name, vpc, tags.get(name, {})) for name, vpc in names]


def _interface(one: Mapping[str, Any]) -> AwsResource:
    return AwsResource(
        INTERFACE,
        str(one["NetworkInterfaceId"]),
        "",
        str(one.get("VpcId", "")),
        tag_dict(one.get("TagSet")),
        tuple(str(group["GroupId"]) for group in one.get("Groups") or ()),
        str(one.get("Description") or ""),
        free=one.get("Status") == "available",
    )


def _instance(one: Mapping[str, Any]) -> AwsResource:
    lives = one["State"]["Name"] != "shutting-down"
    return AwsResource(INSTANCE, str(one["InstanceId"]), "", str(one.get("VpcId", "")), tag_dict(one.get("Tags")), free=lives)


def is_protected(aws: Aws, balancer: AwsResource) -> bool:
    """Whether a load balancer has deletion protection."""
    reply = aws.find("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=balancer.id) or {}
    return any(one.get("Key") == PROTECTION and one.get("Value") == "true" for one in reply.get("Attributes") or ())


def volumes_of(aws: Aws, cluster: str) -> list[dict[str, str]]:
    """The EBS volumes that carry the cluster's tag: the CSI driver created them for persistent volumes, and nothing deletes them."""
    filters = [{"Name": f"tag:{CLOUD_PROVIDER_TAG}{cluster}", "Values": ["owned"]}]
    found = aws.list_all("ec2", "describe_volumes", "Volumes", Filters=filters)
    return [_volume(one) for one in found]


def _volume(one: Mapping[str, Any]) -> dict[str, str]:
    tags = tag_dict(one.get("Tags"))
    names = [tags.get(f"kubernetes.io/created-for/pvc/{part}", "") for part in ("namespace", "name")]
    return {"id": str(one["VolumeId"]), "size": f"{one.get('Size', '?')} GiB", "claim": "/".join(name for name in names if name)}


def delete(aws: Aws, thing: AwsResource, ours: Collection[str]) -> bool:
    """Delete a resource that a controller left; False if it is still in use. ``ours``: security groups whose rules may be removed."""
    try:
        if thing.kind == LOAD_BALANCER:
            aws.remove("elbv2", "delete_load_balancer", LoadBalancerArn=thing.id)
        elif thing.kind == CLASSIC:
            aws.remove("elb", "delete_load_balancer", LoadBalancerName=thing.id)
        elif thing.kind == TARGET_GROUP:
            aws.remove("elbv2", "delete_target_group", TargetGroupArn=thing.id)
        elif thing.kind == INTERFACE:
            if not thing.free:
                return False
            aws.remove("ec2", "delete_network_interface", NetworkInterfaceId=thing.id)
        elif thing.kind == INSTANCE:
            if not thing.free:
                return False
            aws.remove("ec2", "terminate_instances", InstanceIds=[thing.id])
        elif thing.kind == TEMPLATE:
            aws.remove("ec2", "delete_launch_template", LaunchTemplateId=thing.id)
        else:
            forget_group(aws, thing.id, ours)
            aws.remove("ec2", "delete_security_group", GroupId=thing.id)
    except (Ambiguous, NotYet):
        return False
    return True


def forget_group(aws: Aws, group: str, ours: Collection[str]) -> None:
    """Remove the rules of our groups that reference a group to be deleted: AWS deletes no group that another group's rule references."""
    for direction, method in (("ingress", "ip-permission.group-id"), ("egress", "egress.ip-permission.group-id")):
        naming = aws.list_all("ec2", "describe_security_groups", "SecurityGroups", Filters=[{"Name": method, "Values": [group]}])
        for one in naming:
            if one["GroupId"] in ours and one["GroupId"] != group:
                rules = rules_naming(one.get("IpPermissions" if direction == "ingress" else "IpPermissionsEgress") or (), group)
                if rules and direction == "ingress":
                    aws.remove("ec2", "revoke_security_group_ingress", GroupId=one["GroupId"], IpPermissions=rules)
                elif rules:
                    aws.remove("ec2", "revoke_security_group_egress", GroupId=one["GroupId"], IpPermissions=rules)


def rules_naming(permissions: Iterable[Mapping[str, Any]], group: str) -> list[dict[str, Any]]:
    """The rules that reference the group, reduced to that group as their only peer."""
    found = []
    for one in permissions:
        pairs = [pair for pair in one.get("UserIdGroupPairs") or () if pair.get("GroupId") == group]
        if pairs:
            ports = {name: one[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in one}
            found.append({**ports, "UserIdGroupPairs": [{"GroupId": group}]})
    return found
