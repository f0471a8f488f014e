"""The runs under test: a component with two networks that together use every kind. It is created, changed, shrunk, repaired, and destroyed;
another component's network gets and loses IPv6 addresses. So are a component with a zone, a certificate, and a health check, one with
repositories for images, and those of services.py (caches, buckets, a distribution, and queues) created, changed, and destroyed.

Together the runs make every mutating call that an inventory can cause; ``OPERATIONS`` says which call is broken in which run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.faults import services
from benchmarks.faults.account import name_of
from benchmarks.faults.catalog import ANY, FAULTS, LISTS, Fault, concerned
from benchmarks.subjects import REGION, ZONES
from rehearsal.testing import Cloud

HOLD_DATA = ("kms_key", "cache_key", "bucket_key", "s3_bucket", "secret", "replication_group", "message_queue")
"""Kinds that only their full names give consent to delete."""
ENVIRONMENT, COMPONENT, ZONE, REGISTRY = "faults", "network", "zones", "registry"
ALIASES = f"alias/mainstay/{ENVIRONMENT}/{COMPONENT}/"
OURS = [{"Name": "tag:mainstay:component", "Values": [COMPONENT]}]
FLOW_LOGS = "vpc-flow-logs.amazonaws.com"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"

Variables = Mapping[str, Any]

MAIN = {"cidr": "10.1.0.0/16", "availability_zones": ZONES[:1], "nat": "single", "endpoints": {"gateway": ["s3"], "interface": ["sts"]}}
SIDE = {
    "cidr": "10.2.0.0/16",
    "availability_zones": ZONES[:1],
    "nat": "regional",
    "endpoints": {"gateway": ["s3"], "interface": []},
    "flow_logs": {"enabled": False},
}

SMALL: Variables = {"vpc_networks": {"main": MAIN, "side": SIDE}, "platform_tags": {"team": "one", "old": "yes"}}
LARGE: Variables = {
    "vpc_networks": {
        "main": {
            **MAIN,
            "availability_zones": ZONES[:2],
            "nat": "regional",
            "endpoints": {"gateway": ["s3"], "interface": ["sts", "logs"]},
            "flow_logs": {"retention_in_days": 30},
        },
        "side": {**SIDE, "availability_zones": ZONES[:2]},
    },
    "platform_tags": {"team": "two"},
    "platform_permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess",
}
SHRUNK: Variables = {
    **LARGE,
    "vpc_networks": {
        "main": {**MAIN, "nat": "none", "flow_logs": {"retention_in_days": 30}, "security": {"application_port": 9090}},
        "side": SIDE,
    },
}

ONE: Variables = {"vpc_networks": {"main": {**MAIN, "nat": "none"}}}
BOTH: Variables = {"vpc_networks": {"main": {**MAIN, "nat": "none", "ipv6": True}}}


HOSTED: Variables = {
    "dns_zones": {
        "main": {
            "domain": "faults.example",
            "records": {"www": {"A": "192.0.2.1"}, "api": {"A": {"weighted": {"blue": {"values": "192.0.2.2", "weight": 1}}}}},
            "health_checks": {"web": {"host": "www.faults.example"}},
            "certificates": {"web": {}},
        }
    },
    "platform_tags": {"team": "one", "old": "yes"},
}
HOSTED_CHANGED: Variables = {
    "dns_zones": {
        "main": {
            **HOSTED["dns_zones"]["main"],
            "comment": "changed",
            "records": {"www": {"A": "192.0.2.1"}, "api": {"A": "192.0.2.2"}},
            "health_checks": {"web": {"host": "www.faults.example", "path": "/health"}},
        }
    },
    "platform_tags": {"team": "two"},
}


STORED: Variables = {
    "ci_cd_repositories": {"api": {"pull_accounts": ["210987654321"]}, "web": {}},
    "platform_tags": {"team": "one", "old": "yes"},
}
STORED_CHANGED: Variables = {
    "ci_cd_repositories": {
        "api": {"tag_mutability": "mutable", "scan_on_push": False, "lifecycle": {"rules": [{"keep": 100}]}},
        "web": {"pull_accounts": ["210987654321"]},
    },
    "platform_tags": {"team": "two"},
}


def nothing(_cloud: Cloud) -> None:
    """No drift."""


def drift(cloud: Cloud) -> None:
    """Manual changes that cause calls which no inventory change causes."""
    drift_of_network(cloud.client("ec2"))
    drift_of_groups(cloud.client("ec2"))
    drift_of_keys_and_roles(cloud)


def by_name(items: Iterable[Any]) -> list[Any]:
    """Ordered by name: lists are in the order of creation, which differs from run to run, and so would the accounts that are compared."""
    return sorted(items, key=lambda one: name_of(one.get("Tags", [])))


def drift_of_network(ec2: Any) -> None:
    subnet = by_name(ec2.describe_subnets(Filters=OURS)["Subnets"])[0]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    acls = by_name(ec2.describe_network_acls(Filters=OURS)["NetworkAcls"])
    acl = next(a for a in acls if any(e["RuleNumber"] == 100 for e in a["Entries"]))
    rule = {"NetworkAclId": acl["NetworkAclId"], "Egress": False, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "192.0.2.0/24"}
    ec2.replace_network_acl_entry(**rule, RuleNumber=100)
    ec2.create_network_acl_entry(**rule, RuleNumber=999)
    table = next(t for t in by_name(ec2.describe_route_tables(Filters=OURS)["RouteTables"]) if t["Associations"])
    here = [{"Name": "vpc-id", "Values": [table["VpcId"]]}]
    main = ec2.describe_route_tables(Filters=[*here, {"Name": "association.main", "Values": ["true"]}])["RouteTables"][0]
    stolen = table["Associations"][0]["RouteTableAssociationId"]
    ec2.replace_route_table_association(AssociationId=stolen, RouteTableId=main["RouteTableId"])


def drift_of_groups(ec2: Any, ours: Any = OURS) -> None:
    """Changes the description of every rule with an address range in the groups that match these filters."""
    for group in ec2.describe_security_groups(Filters=ours)["SecurityGroups"]:
        for side, items in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            for permission in (one for one in group[items] if one["IpRanges"]):
                ranges = [{"CidrIp": item["CidrIp"], "Description": "renamed"} for item in permission["IpRanges"]]
                changed = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
                change = getattr(ec2, f"update_security_group_rule_descriptions_{side}")
                change(GroupId=group["GroupId"], IpPermissions=[{**changed, "IpRanges": ranges}])


def drift_of_keys_and_roles(cloud: Cloud) -> None:
    kms, iam, logs = (cloud.client(name) for name in ("kms", "iam", "logs"))
    alias = next(one for one in kms.list_aliases()["Aliases"] if one["AliasName"].startswith(ALIASES))
    key = alias["TargetKeyId"]
    kms.update_key_description(KeyId=key, Description="renamed")
    policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy.replace("kms:Describe*", "kms:DescribeKey"))
    kms.create_alias(AliasName=f"{ALIASES}other", TargetKeyId=key)
    kms.disable_key_rotation(KeyId=key)
    (role,) = iam.list_roles(PathPrefix=f"/mainstay/{ENVIRONMENT}/{COMPONENT}/")["Roles"]
    name = role["RoleName"]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=policy_of(Action="sts:AssumeRole", Principal={"Service": FLOW_LOGS}))
    iam.put_role_policy(RoleName=name, PolicyName="by-hand", PolicyDocument=policy_of(Action="logs:*", Resource="*"))
    iam.attach_role_policy(RoleName=name, PolicyArn=READ_ONLY)
    for group in logs.describe_log_groups()["logGroups"]:
        logs.disassociate_kms_key(logGroupName=group["logGroupName"])


def policy_of(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def point_alias_elsewhere(cloud: Cloud) -> None:
    kms = cloud.client("kms")
    other = kms.create_key(Description="Of another owner")["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=f"{ALIASES}logs", TargetKeyId=other)


@dataclass(frozen=True)
class Scenario:
    """``before``: the inventory applied first, None for an empty account. ``between``: manual changes made next. ``after``: the
    inventory of the run in which a call is broken. ``destroy``: that run uses the destroy playbook.
    """

    before: Variables | None
    after: Variables
    between: Callable[[Cloud], None] = nothing
    destroy: bool = False


SCENARIOS = {
    "create": Scenario(None, SMALL),
    "change": Scenario(SMALL, LARGE),
    "shrink": Scenario(LARGE, SHRUNK),
    "repair": Scenario(SMALL, SMALL, drift),
    "alias": Scenario(SMALL, SMALL, point_alias_elsewhere),
    "destroy": Scenario(SMALL, SMALL, destroy=True),
    "dual-stack": Scenario(ONE, BOTH),
    "single-stack": Scenario(BOTH, ONE),
    "zones": Scenario(None, HOSTED),
    "zones-change": Scenario(HOSTED, HOSTED_CHANGED),
    "zones-destroy": Scenario(HOSTED, HOSTED, destroy=True),
    "images": Scenario(None, STORED),
    "images-change": Scenario(STORED, STORED_CHANGED),
    "images-destroy": Scenario(STORED, STORED, destroy=True),
    "caches": Scenario(services.NETWORKED, services.CACHED),
    "caches-change": Scenario(services.CACHED, services.CACHED_CHANGED),
    "caches-destroy": Scenario(services.CACHED, services.CACHED, destroy=True),
    "buckets": Scenario(None, services.STORED),
    "buckets-change": Scenario(services.STORED, services.STORED_CHANGED, services.drift_of_buckets),
    "buckets-destroy": Scenario(services.STORED, services.STORED, destroy=True),
    "distribution": Scenario(None, services.DISTRIBUTED),
    "distribution-change": Scenario(services.DISTRIBUTED, services.DISTRIBUTED_CHANGED),
    "distribution-destroy": Scenario(services.DISTRIBUTED, services.DISTRIBUTED, destroy=True),
    "queues": Scenario(None, services.QUEUED),
    "queues-change": Scenario(services.QUEUED, services.QUEUED_CHANGED),
    "queues-destroy": Scenario(services.QUEUED, services.QUEUED, destroy=True),
}

OPERATIONS: dict[str, dict[str, str]] = {
    "create": {
        "ec2": """
            AllocateAddress AssociateRouteTable AttachInternetGateway AuthorizeSecurityGroupEgress
            AuthorizeSecurityGroupIngress CreateFlowLogs CreateInternetGateway CreateNatGateway CreateNetworkAcl
            CreateNetworkAclEntry CreateRoute CreateRouteTable CreateSecurityGroup CreateSubnet CreateTags CreateVpc
            CreateVpcEndpoint ModifyVpcAttribute ReplaceNetworkAclAssociation RevokeSecurityGroupEgress
            RevokeSecurityGroupIngress""",
        "iam": "CreateRole PutRolePolicy",
        "kms": "CreateAlias CreateKey EnableKeyRotation",
        "logs": "CreateLogGroup PutRetentionPolicy",
        "ssm": "PutParameter DeleteParameter",
    },
    "change": {
        "ec2": "AssociateNatGatewayAddress DeleteNatGateway DeleteTags ModifyVpcEndpoint ReleaseAddress ReplaceRoute",
        "iam": "PutRolePermissionsBoundary TagRole UntagRole",
        "kms": "TagResource UntagResource",
        "logs": "TagResource UntagResource",
    },
    "shrink": {"ec2": "DeleteRoute DeleteRouteTable DeleteSubnet DisassociateNatGatewayAddress DisassociateRouteTable"},
    "repair": {
        "ec2": """
            DeleteNetworkAclEntry ModifySubnetAttribute ReplaceRouteTableAssociation UpdateSecurityGroupRuleDescriptionsEgress
            UpdateSecurityGroupRuleDescriptionsIngress""",
        "iam": "DeleteRolePolicy DetachRolePolicy UpdateAssumeRolePolicy",
        "kms": "DeleteAlias PutKeyPolicy UpdateKeyDescription",
        "logs": "AssociateKmsKey",
    },
    "alias": {"kms": "UpdateAlias"},
    "destroy": {
        "ec2": """
            DeleteFlowLogs DeleteInternetGateway DeleteNetworkAcl DeleteSecurityGroup DeleteVpc DeleteVpcEndpoints DetachInternetGateway""",
        "iam": "DeleteRole",
        "kms": "ScheduleKeyDeletion",
        "logs": "DeleteLogGroup",
    },
    "dual-stack": {"ec2": "AssociateSubnetCidrBlock AssociateVpcCidrBlock CreateEgressOnlyInternetGateway"},
    "single-stack": {"ec2": "DeleteEgressOnlyInternetGateway DisassociateSubnetCidrBlock DisassociateVpcCidrBlock"},
    "zones": {
        "acm": "RequestCertificate",
        "route53": "ChangeResourceRecordSets ChangeTagsForResource CreateHealthCheck CreateHostedZone",
    },
    "zones-change": {
        "acm": "AddTagsToCertificate RemoveTagsFromCertificate",
        "route53": "ChangeResourceRecordSets UpdateHealthCheck UpdateHostedZoneComment",
    },
    "zones-destroy": {"acm": "DeleteCertificate", "route53": "DeleteHealthCheck DeleteHostedZone"},
    "images": {"ecr": "CreateRepository PutLifecyclePolicy SetRepositoryPolicy"},
    "images-change": {
        "ecr": "DeleteRepositoryPolicy PutImageScanningConfiguration PutImageTagMutability SetRepositoryPolicy TagResource UntagResource"
    },
    "images-destroy": {"ecr": "DeleteRepository"},
    "caches": {
        "elasticache": """
            CreateCacheParameterGroup CreateCacheSubnetGroup CreateReplicationGroup CreateUser CreateUserGroup
            ModifyCacheParameterGroup""",
        "secretsmanager": "CreateSecret",
    },
    "caches-change": {
        "elasticache": """
            AddTagsToResource DecreaseReplicaCount DeleteUser IncreaseReplicaCount ModifyReplicationGroup
            ModifyReplicationGroupShardConfiguration ModifyUser ModifyUserGroup RemoveTagsFromResource ResetCacheParameterGroup""",
        "secretsmanager": "PutSecretValue TagResource UntagResource UpdateSecretVersionStage",
    },
    "caches-destroy": {
        "elasticache": "DeleteCacheParameterGroup DeleteCacheSubnetGroup DeleteReplicationGroup DeleteUserGroup",
        "secretsmanager": "DeleteSecret",
    },
    "buckets": {
        "s3": """
            CreateBucket PutBucketCors PutBucketEncryption PutBucketLifecycleConfiguration PutBucketLogging PutBucketPolicy
            PutBucketReplication PutBucketVersioning""",
    },
    "buckets-change": {
        "s3": "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication PutBucketOwnershipControls PutPublicAccessBlock",
        "s3control": "TagResource UntagResource",
    },
    "buckets-destroy": {"s3": "DeleteBucket"},
    "distribution": {
        "cloudfront": """
            CreateCachePolicy CreateDistributionWithTags CreateFunction CreateOriginAccessControl CreateOriginRequestPolicy
            CreateResponseHeadersPolicy PublishFunction""",
    },
    "distribution-change": {
        "cloudfront": """
            TagResource UntagResource UpdateCachePolicy UpdateDistribution UpdateOriginRequestPolicy UpdateResponseHeadersPolicy""",
    },
    "distribution-destroy": {
        "cloudfront": """
            DeleteCachePolicy DeleteDistribution DeleteFunction DeleteOriginAccessControl DeleteOriginRequestPolicy
            DeleteResponseHeadersPolicy""",
    },
    "queues": {"sqs": "CreateQueue"},
    "queues-change": {"sqs": "SetQueueAttributes TagQueue UntagQueue"},
    "queues-destroy": {"sqs": "DeleteQueue"},
}

UNREACHABLE = {
    "cloudfront:AssociateAlias": "the distribution has no alias, which would need a certificate",
    "cloudfront:UpdateFunction": "the code of a function of the role's own never changes",
    "cloudfront:UpdateOriginAccessControl": "all of its settings are the same for every bucket",
    "elasticache:ModifyCacheSubnetGroup": "the subnets of the network stay",
    "s3:DeleteBucketPolicy": "every bucket has a policy",
    "secretsmanager:RestoreSecret": "no secret is scheduled for deletion before",
    "secretsmanager:UpdateSecret": "secrets keep their keys and descriptions",
    "ecr:DeleteLifecyclePolicy": "every repository has a lifecycle policy, which protects what is deployed",
    "ec2:ReplaceNetworkAclEntry": "entries change under new numbers; only a number that was taken meanwhile is replaced",
    "iam:AttachRolePolicy": "the role of the flow logs has no managed policies",
    "iam:DeleteRolePermissionsBoundary": "a boundary that the inventory no longer names is left alone",
    "iam:UpdateRole": "the role has no description",
    "kms:DisableKeyRotation": "keys always rotate",
    "logs:DeleteRetentionPolicy": "log groups always have a retention time",
    "logs:DisassociateKmsKey": "log groups always have a key",
    **dict.fromkeys(
        ("route53:AssociateVPCWithHostedZone", "route53:DisassociateVPCFromHostedZone"), "the zone is public; private ones need a network"
    ),
}
"""Operations that no current inventory causes. tests/contract breaks them all the same."""

CREATING = [
    "ec2:CreateVpc",
    "ec2:CreateSubnet",
    "ec2:CreateInternetGateway",
    "ec2:AllocateAddress",
    "ec2:CreateNatGateway",
    "ec2:CreateRouteTable",
    "ec2:CreateSecurityGroup",
    "ec2:CreateVpcEndpoint",
    "ec2:CreateFlowLogs",
    "kms:CreateKey",
    "logs:CreateLogGroup",
    "iam:CreateRole",
]
"""Calls that create a separate resource. Terraform's run is broken at these, so that both subjects are broken at the same calls."""


@dataclass(frozen=True)
class Case:
    """One fault on one operation in one scenario; with ANY, a fault that affects the whole run."""

    subject: str
    scenario: str
    operation: str
    fault: Fault

    @property
    def key(self) -> str:
        return f"{self.subject} | {self.scenario} | {self.operation} | {self.fault.name}"


def own_operations() -> list[tuple[str, str]]:
    """(scenario, operation) of every call that is broken in our runs."""
    return [
        (scenario, f"{service}:{name}")
        for scenario, services in OPERATIONS.items()
        for service, names in services.items()
        for name in names.split()
    ]


def cases(subject: str) -> list[Case]:
    """Every case of a subject: "mainstay" or "terraform"."""
    chosen = [("create", name) for name in CREATING] if subject == "terraform" else own_operations()
    scenarios = dict.fromkeys(scenario for scenario, _operation in chosen)
    lists = [] if subject == "terraform" else [("change", name) for name in sorted(LISTS)]
    places = [*((scenario, ANY) for scenario in scenarios), *chosen, *lists]
    return [Case(subject, scenario, operation, fault) for scenario, operation in places for fault in FAULTS if concerned(fault, operation)]


PLACES = {"vpc": COMPONENT, "dns": ZONE, "ci_cd": REGISTRY, "redis": "caches", "s3_cdn": "storage", "messaging": "queues"}
"""group, which is also how the names of its variables begin -> the host in it."""


def inventory(variables: Variables, account_id: str) -> dict[str, Any]:
    """The files of an inventory: name -> content, as a user would write them."""
    shared = {
        "ansible_connection": "local",
        "platform_environment": ENVIRONMENT,
        "platform_region": REGION,
        "platform_account_id": account_id,
        "platform_allow_replace": ["*"],
        "platform_purge": ["*", *(f"{kind}.*" for kind in HOLD_DATA)],
        # the cloud answers at once, and its lists lag by at most one second
        "platform_poll_interval": 0.2,
        "platform_settle_seconds": 3.0,
    }
    given = {group: {name: value for name, value in variables.items() if name.startswith(f"{group}_")} for group in PLACES}
    groups = {group: found for group, found in given.items() if found}
    platform = {name: value for name, value in variables.items() if name.startswith("platform_")}
    return {
        "hosts.yml": {group: {"hosts": {PLACES[group]: None}} for group in groups},
        "group_vars/all.yml": {**shared, **platform},
        **{f"group_vars/{group}.yml": found for group, found in groups.items()},
    }
