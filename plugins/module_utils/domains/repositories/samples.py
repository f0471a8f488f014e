# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest repository, for tests that create, change and delete one of each kind."""

from __future__ import annotations

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...kinds import samples as shared
from ...reconcile.model import Resource
from .access import repository_policy
from .lifecycle import lifecycle_policy
from .settings.repositories import Access, Repository

NAME = "sample"


def samples(place: Place) -> tuple[Sample, ...]:
    return (shared.key(place), repository(place))


def repository_resource(place: Place, **more: object) -> Resource:
    described = Repository(NAME, "", f"{place.environment}-{place.component}/{NAME}")
    properties = {
        "repository_name": described.aws_name,
        "encryption": {"type": "AES256"},
        "tag_mutability": {"mode": "IMMUTABLE", "exclusions": []},
        "scan_on_push": True,
        "lifecycle_policy": lifecycle_policy(described),
        "tags": shared.ONE,
    }
    return Resource("ecr_repository", NAME, {**properties, **more})


def repository(place: Place) -> Sample:
    days = lifecycle_policy(Repository(NAME, "", NAME, untagged_days=30))
    return Sample(
        repository_resource(place, policy=repository_policy(Access(pull_accounts=("210987654321",)), place)),
        change={
            "tag_mutability": {"mode": "MUTABLE", "exclusions": ["deployed-*"]},
            "scan_on_push": False,
            "policy": repository_policy(Access(pull_organization="o-abcdefghij"), place),
            "lifecycle_policy": days,
            "tags": shared.TWO,
        },
        drift=Drift(
            Operation("ecr", "put_image_scanning_configuration"),
            lambda one: {"repositoryName": one.id, "imageScanningConfiguration": {"scanOnPush": False}},
            "scan_on_push",
        ),
    )
