# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A minimal resource of each kind that several domains share, for tests that create, change and delete one of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.operations import Operation
from ..aws.place import Place
from ..aws.policies import key_policy, logs_use_of_key, policy
from ..aws.samples import Drift, Sample
from ..reconcile.model import Observed, Ref, Resource, ref

NAME = "sample"
ONE, TWO = {"team": "one"}, {"team": "two"}
"""Tags before and after a change, for kinds that have nothing else to change."""


def trust(service: str) -> dict[str, Any]:
    """The trust policy of a role that a service may assume."""
    actions = ["sts:AssumeRole", "sts:TagSession"] if service == "pods.eks.amazonaws.com" else ["sts:AssumeRole"]
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": actions})


def role_resource(place: Place, service: str = "ec2.amazonaws.com", name: str = NAME, **more: Any) -> Resource:
    properties = {"role_name": f"{place.environment}.{place.component}.{name}", "assume_role_policy_document": trust(service)}
    return Resource("iam_role", name, {**properties, **more})


def key(place: Place) -> Sample:
    return Sample(
        Resource(
            "kms_key", NAME, {"description": "one", "policy": key_policy(place, logs_use_of_key(place, "LogGroups", f"{place.path}*"))}
        ),
        change={"description": "two"},
        drift=Drift(Operation("kms", "update_key_description"), lambda one: {"KeyId": one.id, "Description": "by hand"}, "description"),
    )


def role(place: Place) -> Sample:
    return Sample(
        role_resource(place, description="one"),
        change={"description": "two"},
        drift=Drift(Operation("iam", "update_role"), lambda one: {"RoleName": one.id, "Description": "by hand"}, "description"),
    )


def log_group(place: Place, kind: str = "log_group", prefix: str = "") -> Sample:
    return Sample(
        Resource(kind, NAME, {"log_group_name": f"{prefix or place.path}{NAME}", "retention_in_days": 7}),
        change={"retention_in_days": 14},
        drift=Drift(
            Operation("logs", "put_retention_policy"),
            lambda one: {"logGroupName": one.id, "retentionInDays": 1},
            "retention_in_days",
        ),
    )


VPC = Resource("vpc", NAME, {"cidr_block": "10.0.0.0/16", "enable_dns_support": True, "enable_dns_hostnames": True})
VPC_ID: Ref = ref(VPC.address)
ALLOWED = {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "10.0.0.0/16"}


def _allowed_by_hand(one: Observed) -> Mapping[str, Any]:
    added = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    return {"GroupId": one.id, "IpPermissions": [added]}


RULE_BY_HAND = Drift(Operation("ec2", "authorize_security_group_ingress"), _allowed_by_hand, "ingress")


def security_group() -> Sample:
    properties = {"vpc_id": VPC_ID, "group_name": NAME, "description": NAME, "ingress": [ALLOWED], "egress": []}
    return Sample(Resource("security_group", NAME, properties), needs=(VPC,), change={"ingress": []}, drift=RULE_BY_HAND)


def default_security_group() -> Sample:
    properties = {"vpc_id": VPC_ID, "ingress": [], "egress": []}
    return Sample(Resource("default_security_group", NAME, properties), needs=(VPC,), change={"ingress": [ALLOWED]}, drift=RULE_BY_HAND)


def plain_secret(place: Place) -> Sample:
    properties = {"secret_name": f"{place.path}{NAME}", "description": "one", "content": {"username": NAME}, "deletion_date": None}
    return Sample(
        Resource("secret", NAME, properties),
        change={"description": "two"},
        drift=Drift(
            Operation("secretsmanager", "update_secret"), lambda one: {"SecretId": one.id, "Description": "by hand"}, "description"
        ),
    )


def subnets(place: Place) -> tuple[Resource, ...]:
    """Subnets of the smallest network in two zones."""
    return tuple(
        Resource(
            "subnet",
            f"{NAME}-{zone}",
            {"vpc_id": VPC_ID, "availability_zone": f"{place.region}{zone}", "cidr_block": f"10.0.{number}.0/24"},
        )
        for number, zone in enumerate("ab")
    )
