# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which kinds each role of the collection works with. A new role is one entry here; its policies follow from the source of its kinds."""

from __future__ import annotations

from collections.abc import Mapping

from ..component.lock import held
from ..component.quota_reads import check
from ..component.unclaimed import look
from ..domains.eks import questions as eks_questions
from ..domains.eks.domain import KINDS as EKS
from ..domains.eks.operations.drain import in_aws as drain_aws
from ..domains.eks.operations.drain.occupants import look as occupants
from ..domains.eks.operations.upgrade.look_aws import look_at_cluster
from ..domains.eks.roles import NODE_POLICIES
from ..domains.eks.settings.addons import RIGHTS
from ..domains.network.domain import KINDS, available_zones
from .documents import Subject

ROLE_POLICIES = ("AmazonEKSClusterPolicy", "AmazonEKSFargatePodExecutionRolePolicy", *NODE_POLICIES)
ADDON_POLICIES = tuple(name for rights in RIGHTS.values() for name in rights.managed_policies)
"""AWS's managed policies that roles of clusters are given; those that an inventory names for its pods come on top."""

SUBJECTS: Mapping[str, Subject] = {
    "vpc": Subject(
        KINDS,
        {"zones": available_zones, "quotas": check, "unclaimed": look, "occupants": occupants},
        applying={"run lock": held},
        unused={
            "iam:DeleteRolePermissionsBoundary": "a boundary that the inventory no longer names stays on the role",
            "iam:UpdateRole": "the role of the flow logs has no description",
            "kms:DisableKeyRotation": "the key is always rotated",
            "logs:DeleteRetentionPolicy": "log groups always have a period",
            "logs:DisassociateKmsKey": "log groups always have a key",
        },
    ),
    "eks": Subject(
        EKS,
        {
            "versions": eks_questions.cluster_versions,
            "addons": eks_questions.addon_versions,
            "instance types": eks_questions.architectures,
            "subnets": eks_questions.subnets_by_id,
            "public subnets": eks_questions.public_subnets,
            "quotas": check,
            "unclaimed": look,
            "upgrade": look_at_cluster,
            "clusters": drain_aws.clusters_there,
            "networks": drain_aws.vpcs_of_environment,
            "what controllers made": drain_aws.things_in,
            "protected load balancers": drain_aws.is_protected,
            "volumes": drain_aws.volumes_of,
        },
        applying={"run lock": held, "what controllers left": drain_aws.delete},
        unused={
            "iam:DeleteRolePermissionsBoundary": "a boundary that the inventory no longer names stays on the role",
            "iam:UpdateRole": "the roles of a cluster have no description",
            "kms:DisableKeyRotation": "the key is always rotated",
            "logs:DeleteRetentionPolicy": "log groups always have a period",
            "logs:DisassociateKmsKey": "log groups always have a key",
        },
        attachable=tuple(f"arn:aws:iam::aws:policy/{name}" for name in sorted({*ROLE_POLICIES, *ADDON_POLICIES})),
    ),
}
"""role -> what it works with. The kinds can do more than a role asks of them: that is left out of its policies, with the reason."""
