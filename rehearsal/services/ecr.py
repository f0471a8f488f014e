"""ECR. The quotas are those of "Amazon ECR service quotas" in the User Guide."""

from __future__ import annotations

from rehearsal.declarations import Listing, Quota, Service

SERVICE = Service(
    "ecr",
    listings=(
        Listing(
            "CreateRepository",
            "repository.repositoryName",
            "DescribeRepositories",
            ("repositories", "repositoryName"),
            ("repositoryNames", "RepositoryNotFoundException"),
        ),
    ),
    quotas={
        "repositories": Quota("ecr", "L-CFEB8E8D", "Registered repositories", 100_000),
        "images_per_repository": Quota("ecr", "L-03A36CE1", "Images per repository", 100_000),
    },
    changes=frozenset({"CompleteLayerUpload", "InitiateLayerUpload", "StartLifecyclePolicyPreview"}),
)
