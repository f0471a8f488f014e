# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources of repositories. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.place import Place
from ...aws.policies import key_policy
from ...images.protecting import PREFIX
from ...reconcile.model import Resource, ref
from .access import repository_policy
from .lifecycle import lifecycle_policy
from .settings.repositories import Repository

KEY = "kms_key.images"
"""The component's key, for the images of all its repositories that name none."""


def build(repositories: Mapping[str, Repository], place: Place) -> list[Resource]:
    key = [key_resource(place)] if any(one.own_key for one in repositories.values()) else []
    return [*key, *(repository_resource(one, place) for one in repositories.values())]


def key_resource(place: Place) -> Resource:
    """ECR uses a key through a grant that it creates with the caller's permissions, so the key's policy names no service."""
    properties = {
        "description": f"Container images of {place.environment}/{place.component}",
        "policy": key_policy(place),
        "enable_key_rotation": True,
        "alias": f"alias{place.path}images",
        "tags": {**place.tags, "Name": f"{place.environment}-{place.component}-images"},
    }
    return Resource("kms_key", KEY.partition(".")[2], properties)


def repository_resource(repository: Repository, place: Place) -> Resource:
    properties = {
        "repository_name": repository.aws_name,
        "encryption": _encryption(repository),
        "tag_mutability": tag_mutability(repository),
        "scan_on_push": repository.scan_on_push,
        "policy": repository_policy(repository.access, place),
        "lifecycle_policy": lifecycle_policy(repository),
        "tags": {**place.tags, "Name": repository.aws_name, **repository.tags},
    }
    return Resource("ecr_repository", repository.name, properties)


def _encryption(repository: Repository) -> dict[str, Any]:
    if repository.encryption == "aes256":
        return {"type": "AES256"}
    return {"type": "KMS", "kms_key": repository.kms_key_arn or ref(KEY, "arn")}


def tag_mutability(repository: Repository) -> dict[str, Any]:
    """Where tags can move, those that protect deployed images cannot."""
    if repository.mutable:
        return {"mode": "MUTABLE", "exclusions": [*repository.exclusions, f"{PREFIX}*"]}
    return {"mode": "IMMUTABLE", "exclusions": list(repository.exclusions)}
