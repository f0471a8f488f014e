"""Authorization checks for EKS calls, after the EKS part of the Service Authorization Reference.

Creating a part of a cluster is checked on the cluster's ARN; reading, changing, and deleting it is checked on the part's own ARN. Tags in a
create call also require eks:TagResource, and each role passed requires iam:PassRole for the service that will assume it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.asking import arn, ask, service_linked_role
from rehearsal.extensions.ec2_launches import find, launch, names_groups
from rehearsal.extensions.eks_tags import tags_of_arn
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes, backend

NOWHERE = frozenset(
    {
        *("CreateCluster", "DescribeAddonConfiguration", "DescribeAddonVersions", "DescribeClusterVersions"),
        *("ListAccessPolicies", "ListClusters"),
    }
)
"""Actions that have no resource."""

OWN: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("DeleteAddon", "DescribeAddon", "UpdateAddon"), ("addon", "addonName")),
    **dict.fromkeys(
        ("DeleteNodegroup", "DescribeNodegroup", "UpdateNodegroupConfig", "UpdateNodegroupVersion"), ("nodegroup", "nodegroupName")
    ),
    **dict.fromkeys(("DeleteFargateProfile", "DescribeFargateProfile"), ("fargateprofile", "fargateProfileName")),
    **dict.fromkeys(
        ("DeletePodIdentityAssociation", "DescribePodIdentityAssociation", "UpdatePodIdentityAssociation"),
        ("podidentityassociation", "associationId"),
    ),
    **dict.fromkeys(
        (
            *("AssociateAccessPolicy", "DisassociateAccessPolicy", "DeleteAccessEntry", "DescribeAccessEntry"),
            *("ListAssociatedAccessPolicies", "UpdateAccessEntry"),
        ),
        ("access-entry", "principalArn"),
    ),
}
"""Actions on a part of a cluster: its type, and the parameter that names it."""

MADE: Mapping[str, tuple[str, str]] = {
    "CreateAccessEntry": ("access-entry", "principalArn"),
    "CreateAddon": ("addon", "addonName"),
    "CreateFargateProfile": ("fargateprofile", "fargateProfileName"),
    "CreateNodegroup": ("nodegroup", "nodegroupName"),
    "CreatePodIdentityAssociation": ("podidentityassociation", ""),
}
"""What a call creates in a cluster, and the parameter that names it."""

EKS, EC2, PODS = "eks.amazonaws.com", "ec2.amazonaws.com", "pods.eks.amazonaws.com"
ROLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "CreateAddon": (("serviceAccountRoleArn", EKS),),
    "CreateCluster": (("roleArn", EKS),),
    "CreateFargateProfile": (("podExecutionRoleArn", EKS),),
    "CreateNodegroup": (("nodeRole", EKS),),
    "CreatePodIdentityAssociation": (("roleArn", PODS),),
    "UpdateAddon": (("serviceAccountRoleArn", EKS),),
    "UpdatePodIdentityAssociation": (("roleArn", PODS),),
}
"""The parameters that pass a role, and the service that receives it."""

LINKED = {
    "CreateCluster": (EKS, "AWSServiceRoleForAmazonEKS"),
    "CreateFargateProfile": ("eks-fargate.amazonaws.com", "AWSServiceRoleForAmazonEKSForFargate"),
    "CreateNodegroup": ("eks-nodegroup.amazonaws.com", "AWSServiceRoleForAmazonEKSNodegroup"),
}
"""The service-linked roles that EKS creates on first use."""


@authorizes("eks")
def asked(call: Call) -> Iterator[Ask]:
    request, keys = dict(call.get("tags") or {}), _keys(call)
    if resource := call.get("resourceArn"):
        yield ask(call, str(resource), request=request, there=_tags(call, str(resource)))
    elif call.operation in NOWHERE:
        yield ask(call, "*", request=request)
    elif call.operation in OWN:
        part = _part(call, *OWN[call.operation])
        yield _about(ask(call, part, there=_tags(call, part)), keys)
    else:
        cluster = _cluster(call)
        yield _about(ask(call, cluster, request=request, there=_tags(call, cluster)), keys)
        for kind, parameter in (("nodegroup", "nodegroupName"), ("addon", "addonName")):
            if call.operation in ("DescribeUpdate", "ListUpdates") and call.get(parameter):
                part = _part(call, kind, parameter)
                yield ask(call, part, there=_tags(call, part))
    yield from _beside(call, request)


def _beside(call: Call, request: dict[str, str]) -> Iterator[Ask]:
    """Tags of new resources, passed roles, keys, and actions in other services that EKS performs with the caller's permissions."""
    if request and (call.operation in MADE or call.operation == "CreateCluster"):
        yield ask(call, _made(call), "eks:TagResource", request=request)
    for parameter, service in ROLES.get(call.operation, ()):
        if role := call.get(parameter):
            yield ask(call, str(role), "iam:PassRole", iam_passedtoservice=service)
    if call.operation == "CreateAccessEntry" and (call.get("type") or "STANDARD") != "STANDARD":
        yield ask(call, str(call.get("principalArn")), "iam:PassRole", iam_passedtoservice=EC2)
    if call.operation in ("CreateAddon", "UpdateAddon"):
        for one in call.get("podIdentityAssociations") or ():
            yield ask(call, str(one.get("roleArn")), "iam:PassRole", iam_passedtoservice=PODS)
    if call.operation in LINKED:
        yield service_linked_role(call, *LINKED[call.operation])
    if call.operation in ("CreateNodegroup", "UpdateNodegroupVersion") and (named := call.get("launchTemplate")):
        yield from _launch(call, named)
    for config in call.get("encryptionConfig") or ():
        key = str((config.get("provider") or {}).get("keyArn"))
        for action in ("kms:DescribeKey", "kms:CreateGrant"):
            yield ask(call, key, action, there=_tags_of_key(call, key))


def _launch(call: Call, named: Mapping[str, Any]) -> Iterator[Ask]:
    """Nodes are launched with the caller's permissions, in the group's subnets (EKS User Guide, launch templates)."""
    cluster, template = _found(call), find(call, named.get("id"), named.get("name"))
    group = cluster.nodegroups.get(call.get("nodegroupName")) if cluster else None
    subnets = call.get("subnets") or (group.subnets if group else ())
    own = cluster.resources_vpc_config.get("clusterSecurityGroupId") if cluster else ""
    version = str(named.get("version") or "$Default")
    yield from launch(call, template, version, subnets, () if names_groups(template, version) else [own] if own else ())


def _about(given: Ask, keys: Mapping[str, str]) -> Ask:
    return Ask(given.action, given.resource, {**given.context, **{key: (value,) for key, value in keys.items() if value}})


def _keys(call: Call) -> dict[str, str]:
    """EKS's own condition keys, limited to those about access entries."""
    if "Access" not in call.operation or call.operation == "ListAccessEntries":
        return {}
    entry = _entry(call)
    return {
        "eks:accessentrytype": str(call.get("type") or "STANDARD")
        if call.operation == "CreateAccessEntry"
        else entry.kind
        if entry
        else "",
        "eks:accessscope": str((call.get("accessScope") or {}).get("type") or ""),
        "eks:clustername": "" if call.operation == "CreateAccessEntry" else str(call.get("clusterName") or ""),
        "eks:policyarn": str(call.get("policyArn") or ""),
        "eks:principalarn": str(call.get("principalArn") or ""),
    }


def _found(call: Call) -> Any:
    """The cluster, if it exists."""
    return call.backend.clusters.get(call.get("clusterName") or call.get("name"))


def _cluster(call: Call) -> str:
    return arn(call, "eks", f"cluster/{call.get('clusterName') or call.get('name')}")


def _entry(call: Call) -> Any:
    cluster = _found(call)
    return cluster.__dict__.get("rehearsal_entries", {}).get(call.get("principalArn")) if cluster else None


def _part(call: Call, kind: str, parameter: str) -> str:
    """The ARN of a part of a cluster. For a part that does not exist, the end of the ARN is unknown."""
    cluster, name = _found(call), call.get(parameter)
    parts: dict[str, Any] = {}
    if cluster:
        parts = {
            "access-entry": cluster.__dict__.get("rehearsal_entries", {}),
            "addon": cluster.__dict__.get("rehearsal_addons", {}),
            "fargateprofile": cluster.fargate_profiles,
            "nodegroup": cluster.nodegroups,
            "podidentityassociation": cluster.__dict__.get("rehearsal_pod_identities", {}),
        }[kind]
    return str(parts[name].arn) if name in parts else _unknown(call, kind, str(name or ""))


def _unknown(call: Call, kind: str, name: str) -> str:
    """The ARN of a part that does not exist yet, with a star for what EKS would generate."""
    cluster = call.get("clusterName") or call.get("name")
    if kind == "podidentityassociation":
        return arn(call, "eks", f"{kind}/{cluster}/{name or '*'}")
    if kind == "access-entry":
        if name.count(":") < 5:  # not a principal's ARN; EKS itself rejects it
            return arn(call, "eks", f"{kind}/{cluster}/*")
        account, rest = name.split(":")[4], name.split(":", 5)[5]
        return arn(call, "eks", f"{kind}/{cluster}/{rest.partition('/')[0]}/{account}/{rest.rpartition('/')[2]}/*")
    return arn(call, "eks", f"{kind}/{cluster}/{name}/*")


def _made(call: Call) -> str:
    if call.operation == "CreateCluster":
        return _cluster(call)
    kind, parameter = MADE[call.operation]
    return _unknown(call, kind, str(call.get(parameter) or "") if parameter else "")


def _tags(call: Call, resource: str) -> dict[str, str]:
    return dict(tags_of_arn(call.backend, resource) or {})


def _tags_of_key(call: Call, key: str) -> dict[str, str]:
    kms = backend("kms", call.account_id, call.region)
    return dict(kms.tagger.get_tag_dict_for_resource(key.rpartition("/")[2]))
