"""Roles, keys, log groups, and groups of rules: cases that their smallest resources do not cover."""

from __future__ import annotations

import json
from collections import Counter

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.policies import key_policy, logs_use_of_key, policy
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.samples import VPC, VPC_ID, role_resource, trust
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from rehearsal.testing import Cloud
from tests.contract.account import listed

MANY, FEW = {"team": "one", "old": "yes"}, {"team": "two"}
"""Tags; one change sets one and removes another."""

WRITE_LOGS = policy({"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"})


def role(place: Place) -> Sample:
    """Everything that can be attached to a role."""
    bare = role_resource(place, description="one", inline_policy=None, managed_policy_arns=[], permissions_boundary=None, tags=MANY)
    return Sample(
        bare,
        change={
            "assume_role_policy_document": trust("rds.amazonaws.com"),
            "permissions_boundary": place.aws_policy("PowerUserAccess"),
            "inline_policy": WRITE_LOGS,
            "managed_policy_arns": [place.aws_policy("ReadOnlyAccess")],
            "tags": FEW,
        },
        drift=Drift(
            Operation("iam", "put_role_policy"),
            lambda one: {"RoleName": one.id, "PolicyName": "by-hand", "PolicyDocument": json.dumps(WRITE_LOGS)},
            "inline_policy",
        ),
    )


def key(place: Place) -> Sample:
    """Rotation, tags, and the policy; the alias is changed and, by hand, pointed to another key."""
    alias = f"alias{place.path}"
    before, after = (key_policy(place, logs_use_of_key(place, "Logs", pattern)) for pattern in ("/one/*", "/two/*"))
    return Sample(
        Resource("kms_key", "full", {"policy": before, "enable_key_rotation": False, "alias": f"{alias}one", "tags": MANY}),
        change={"policy": after, "enable_key_rotation": True, "alias": f"{alias}two", "tags": FEW},
        drift=Drift(Operation("kms", "delete_alias"), lambda _one: {"AliasName": f"{alias}one"}, "alias"),
    )


def key_without_its_name(place: Place) -> Sample:
    """Its alias points to another key, which has no owner."""
    alias = f"alias{place.path}one"
    allowed = key_policy(place, logs_use_of_key(place, "Logs", "/one/*"))
    other = Resource("kms_key", "other", {"policy": allowed})
    return Sample(
        Resource("kms_key", "robbed", {"policy": allowed, "alias": alias, "description": "one"}),
        needs=(other,),
        change={"description": "two"},
        drift=Drift(Operation("kms", "update_alias"), lambda _one: {"AliasName": alias, "TargetKeyId": ref(other.address)}, "alias"),
    )


ELSEWHERE = "eu-west-1"


def key_in_another_region(place: Place) -> Sample:
    alias = f"alias{place.path}"
    allowed = key_policy(place, logs_use_of_key(place.in_region(ELSEWHERE), "Logs", "/one/*"))
    return Sample(
        Resource("kms_key", "elsewhere", {"region": ELSEWHERE, "policy": allowed, "alias": f"{alias}one"}),
        change={"alias": f"{alias}two"},
        drift=Drift(Operation("kms", "delete_alias"), lambda _one: {"AliasName": f"{alias}one"}, "alias"),
    )


def log_group(place: Place) -> Sample:
    """Encryption, tags, and a retention period that is removed again."""
    encrypting = Resource("kms_key", "logs", {"policy": key_policy(place, logs_use_of_key(place, "Logs", f"{place.path}*"))})
    properties = {"log_group_name": f"{place.path}full", "kms_key_id": ref(encrypting.address, "arn"), "retention_in_days": 7, "tags": MANY}
    return Sample(
        Resource("log_group", "full", properties),
        needs=(encrypting,),
        change={"kms_key_id": None, "retention_in_days": None, "tags": FEW},
        drift=Drift(Operation("logs", "delete_retention_policy"), lambda one: {"logGroupName": one.id}, "retention_in_days"),
    )


def security_group(_place: Place) -> Sample:
    """Rules in both directions; one change adds some, removes some, and changes the descriptions of others."""

    def rule(port: int, description: str = "one") -> dict[str, object]:
        return {"protocol": "tcp", "from_port": port, "to_port": port, "cidr_ipv4": "10.0.0.0/16", "description": description}

    before, after = [rule(443), rule(80)], [rule(443, "two"), rule(8080)]
    return Sample(
        Resource(
            "security_group",
            "full",
            {"vpc_id": VPC_ID, "group_name": "full", "description": "full", "ingress": before, "egress": before, "tags": MANY},
        ),
        needs=(VPC,),
        change={"ingress": after, "egress": after, "tags": FEW},
        drift=Drift(
            Operation("ec2", "revoke_security_group_egress"),
            lambda one: {
                "GroupId": one.id,
                "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}],
            },
            "egress",
        ),
    )


def keys(cloud: Cloud) -> Counter[str]:
    return sum((_keys(cloud, region) for region in (cloud.region, ELSEWHERE)), Counter[str]())


def _keys(cloud: Cloud, region: str) -> Counter[str]:
    kms = cloud.client("kms", region=region)
    found = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    living = [key for key in found if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion"]
    aliases = [alias for alias in kms.list_aliases()["Aliases"] if not alias["AliasName"].startswith("alias/aws/")]
    return Counter(keys=len(living), aliases=len(aliases))


def roles(cloud: Cloud) -> Counter[str]:
    iam = cloud.client("iam")
    found = [role["RoleName"] for role in iam.list_roles(PathPrefix="/mainstay/")["Roles"]]
    inline = sum(len(iam.list_role_policies(RoleName=name)["PolicyNames"]) for name in found)
    attached = sum(len(iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]) for name in found)
    return Counter(roles=len(found), inline=inline, attached=attached)


SECURITY_GROUPS = listed("ec2", "describe_security_groups", "SecurityGroups")
LOG_GROUPS = listed("logs", "describe_log_groups", "logGroups")

COUNTS = {
    "iam_role": roles,
    "kms_key": keys,
    "log_group": LOG_GROUPS,
    "security_group": SECURITY_GROUPS,
    "default_security_group": SECURITY_GROUPS,
}
FURTHER = {
    "vpc": {
        "rules": security_group,
        "everything": role,
        "its use": key,
        "its name": key_without_its_name,
        "another region": key_in_another_region,
        "encrypted": log_group,
    }
}
