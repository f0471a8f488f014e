# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions for repositories can be scoped (Service Authorization Reference, Amazon ECR)."""

from __future__ import annotations

from ...aws.grants import (
    REGIONAL,
    Grant,
    Permissions,
    arn,
    each,
    keeps_mark,
    marked,
    merged,
    not_others,
    request_marked,
)
from ...kinds.permissions import KEYS, OWN_KEY

ANY = Grant((arn("ecr", "repository/*"),))
OWN = Grant(ANY.resources, (marked,))
NEW = Grant(ANY.resources, (request_marked,))

REPOSITORIES = Permissions(
    reads={
        # The holder of a wanted name is read to find its owner.
        **each("ecr", "DescribeRepositories GetLifecyclePolicy GetRepositoryPolicy ListTagsForResource", ANY),
        "ecr:GetRegistryScanningConfiguration": (REGIONAL,),
        "ecr:ListImages": (OWN,),
        "tag:GetResources": (REGIONAL,),
    },
    writes={
        "ecr:CreateRepository": (NEW,),
        **each(
            "ecr",
            "DeleteLifecyclePolicy DeleteRepository DeleteRepositoryPolicy PutImageScanningConfiguration PutImageTagMutability "
            "PutLifecyclePolicy SetRepositoryPolicy UntagResource",
            OWN,
        ),
        # Also checked as part of CreateRepository, when the repository has no tags yet.
        "ecr:TagResource": (Grant(ANY.resources, (marked, keeps_mark)), Grant(ANY.resources, (request_marked, not_others))),
        **each("kms", "CreateGrant RetireGrant", OWN_KEY),
    },
    together={
        # ECR creates a grant on the key for the repository (Amazon ECR User Guide, "Encryption at rest").
        "ecr:CreateRepository": ("ecr:TagResource", "kms:CreateGrant", "kms:DescribeKey"),
        "ecr:DeleteRepository": ("kms:RetireGrant",),
    },
)

PERMISSIONS = merged((KEYS, REPOSITORIES))
