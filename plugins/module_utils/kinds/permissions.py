# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How tightly the actions of kinds that several domains share can be restricted. A domain uses the tables of the kinds that it has."""

from __future__ import annotations

from collections.abc import Mapping

from ..aws.grants import (
    GLOBAL,
    REGIONAL,
    Conditions,
    Grant,
    Permissions,
    Scope,
    arn,
    each,
    iam,
    keeps_mark,
    marked,
    not_others,
    request_marked,
    typed,
)

ROLE = iam("role{path}*")
ROLE_NAME = iam("role/{environment}.{component}.*")
"""A role that does not exist has no path: AWS checks the request against the name alone."""


def boundary(scope: Scope) -> Conditions:
    """If a permissions boundary is required, only roles that have it."""
    bound = scope.place.permissions_boundary
    return {"StringEquals": {"iam:PermissionsBoundary": bound}} if bound else {}


def sets_boundary(scope: Scope) -> Conditions | None:
    """The same, for the action that sets it; without a boundary, the action is not needed."""
    return boundary(scope) or None


def no_boundary(scope: Scope) -> Conditions | None:
    """Where a boundary is required, the action that removes one is not granted."""
    return None if scope.place.permissions_boundary else {}


def attachable(scope: Scope) -> Conditions | None:
    return {"ArnEquals": {"iam:PolicyARN": sorted(scope.attachable)}} if scope.attachable else None


OWN_ROLE = Grant((ROLE,))

ROLES = Permissions(
    reads={
        "iam:ListRoles": (GLOBAL,),
        "iam:GetRole": (Grant((ROLE, ROLE_NAME)),),
        **each("iam", "GetRolePolicy ListAttachedRolePolicies ListRolePolicies", OWN_ROLE),
    },
    writes={
        "iam:AttachRolePolicy": (Grant((ROLE,), (boundary, attachable)),),
        "iam:CreateRole": (Grant((ROLE,), (boundary, request_marked)),),
        "iam:PutRolePermissionsBoundary": (Grant((ROLE,), (sets_boundary,)),),
        "iam:PutRolePolicy": (Grant((ROLE,), (boundary,)),),
        "iam:DeleteRolePermissionsBoundary": (Grant((ROLE,), (no_boundary,)),),
        **each("iam", "DeleteRole DeleteRolePolicy DetachRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole", OWN_ROLE),
    },
    together={"iam:CreateRole": ("iam:TagRole",)},
)


PROFILE = iam("instance-profile{path}*")
PROFILE_NAME = iam("instance-profile/{environment}.{component}.*")
OWN_PROFILE = Grant((PROFILE,))

PROFILES = Permissions(
    reads={"iam:GetInstanceProfile": (Grant((PROFILE, PROFILE_NAME)),), "iam:ListRoles": (GLOBAL,)},
    writes={
        "iam:CreateInstanceProfile": (Grant((PROFILE,), (request_marked,)),),
        **each(
            "iam",
            "AddRoleToInstanceProfile DeleteInstanceProfile RemoveRoleFromInstanceProfile TagInstanceProfile UntagInstanceProfile",
            OWN_PROFILE,
        ),
    },
    # The role is passed to EC2 (Service Authorization Reference, IAM).
    together={"iam:AddRoleToInstanceProfile": ("iam:PassRole",), "iam:CreateInstanceProfile": ("iam:TagInstanceProfile",)},
)


def queues(name: str) -> Permissions:
    """For queues whose names start with a prefix that only we use: ``queues("{environment}_{component}_")``."""
    queue = Grant((arn("sqs", f"{name}*"),))
    return Permissions(
        reads={**each("sqs", "GetQueueAttributes GetQueueUrl ListQueueTags", queue), "tag:GetResources": (REGIONAL,)},
        writes={
            "sqs:CreateQueue": (Grant(queue.resources, (request_marked,)),),
            **each("sqs", "DeleteQueue SetQueueAttributes TagQueue UntagQueue", queue),
        },
        together={"sqs:CreateQueue": ("sqs:TagQueue",)},
    )


def events_rules(name: str) -> Permissions:
    """For rules of the default event bus whose names start with a prefix that only we use."""
    rule = Grant((arn("events", f"rule/{name}*"),))
    return Permissions(
        reads={**each("events", "DescribeRule ListTagsForResource ListTargetsByRule", rule), "tag:GetResources": (REGIONAL,)},
        writes=each("events", "DeleteRule PutRule PutTargets RemoveTargets TagResource UntagResource", rule),
        together={"events:PutRule": ("events:TagResource",)},
    )


def no_other_alias(scope: Scope) -> Conditions:
    """The key has no aliases except our own."""
    return {"ForAllValues:StringLike": {"kms:ResourceAliases": f"alias{scope.place.path}*"}}


ALIAS = Grant((arn("kms", "alias{path}*"),))
ANY_KEY = Grant((arn("kms", "key/*"),))
OWN_KEY = Grant((arn("kms", "key/*"),), (marked,))

KEYS = Permissions(
    reads={
        "kms:ListAliases": (REGIONAL,),
        # Not restricted by mark: an alias of ours that now points elsewhere is followed, so that it can be reported.
        **each("kms", "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags", ANY_KEY),
        "tag:GetResources": (REGIONAL,),
    },
    writes={
        **each("kms", "CreateAlias DeleteAlias", ALIAS, OWN_KEY),
        "kms:CreateKey": (Grant(("*",), (*REGIONAL.conditions, request_marked)),),
        # Also checked as part of CreateKey, when the key has neither tags nor aliases. So an unmarked key could be claimed unless an alias
        # shows that it is in use elsewhere.
        "kms:TagResource": (
            Grant(ANY_KEY.resources, (marked, keeps_mark)),
            Grant(ANY_KEY.resources, (request_marked, not_others, no_other_alias)),
        ),
        # The key that the alias leaves need not be ours: our alias may have been pointed elsewhere by hand.
        "kms:UpdateAlias": (ALIAS, ANY_KEY),
        **each("kms", "DisableKeyRotation EnableKeyRotation PutKeyPolicy ScheduleKeyDeletion UntagResource UpdateKeyDescription", OWN_KEY),
    },
    together={"kms:CreateKey": ("kms:TagResource",)},
)


def log_groups(name: str) -> Permissions:
    """For log groups whose names start with a prefix that only we use: ``log_groups("{path}")``."""
    group = Grant((arn("logs", f"log-group:{name}*"),))
    return Permissions(
        reads={"logs:DescribeLogGroups": (REGIONAL,), "logs:ListTagsForResource": (group,)},
        writes={
            "logs:CreateLogGroup": (Grant(group.resources, (request_marked,)),),
            **each("logs", "AssociateKmsKey DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey PutRetentionPolicy", group),
            **each("logs", "TagResource UntagResource", group),
        },
        together={"logs:CreateLogGroup": ("logs:TagResource",)},
    )


def named_log_groups(common: str, name: str) -> Permissions:
    """For log groups that a service names with a shared prefix: all that start with ``common`` can be listed and read; those that start
    with ``name`` or carry our mark can be changed. The service may create one without tags.
    """
    every, named = arn("logs", f"log-group:{common}*"), Grant((arn("logs", f"log-group:{name}*"),))
    own = Grant((every,), (marked,))
    actions = "AssociateKmsKey DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey PutRetentionPolicy UntagResource"
    return Permissions(
        reads={"logs:DescribeLogGroups": (REGIONAL,), "logs:ListTagsForResource": (Grant((every,)),)},
        writes={
            "logs:CreateLogGroup": (Grant(named.resources, (request_marked,)),),
            **each("logs", actions, named, own),
            "logs:TagResource": (named, Grant((every,), (marked, keeps_mark))),
        },
        together={"logs:CreateLogGroup": ("logs:TagResource",)},
    )


OWN_EC2 = Grant((typed("ec2", "*"),), (marked,))
"""Every EC2 resource that carries our mark. All resource types that actions with this grant are checked against can carry tags."""


def created(scope: Scope) -> Conditions | None:
    """As part of one of the create calls that the policy allows."""
    return {"StringEquals": {"ec2:CreateAction": sorted(scope.creators)}} if scope.creators else None


EC2_TAGS = Permissions(
    writes={
        "ec2:CreateTags": (
            Grant(OWN_EC2.resources, (request_marked, created)),
            Grant(OWN_EC2.resources, (marked, keeps_mark)),
        ),
        "ec2:DeleteTags": (OWN_EC2,),
    }
)


def new_ec2(*types: str) -> Grant:
    """EC2 resources that a call creates: the request must carry our mark.

    Their container must be allowed by its own mark (OWN_EC2 beside this); otherwise a subnet could be created in another owner's VPC. So
    ``types`` never holds both a type that is created and the type of its container.
    """
    return Grant(tuple(typed("ec2", name) for name in types), (request_marked,))


UNUSED: Mapping[str, str] = {
    "iam:DeleteRolePermissionsBoundary": "a boundary that the inventory no longer names stays on the role",
    "kms:DisableKeyRotation": "the key is always rotated",
    "logs:DeleteRetentionPolicy": "log groups always have a period",
    "logs:DisassociateKmsKey": "log groups always have a key",
}
"""Actions that roles, keys and log groups could take, but that no domain requests: all describe them in the same way."""
