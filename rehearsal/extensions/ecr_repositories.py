"""Repositories: created, described, changed, tagged, deleted. After the Amazon ECR API Reference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.container_images import PLATFORMS, build
from rehearsal.extensions.ecr import invalid, no_repository, page, push, repository_of
from rehearsal.extensions.keys import find_key
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

NAME = re.compile(r"(?:[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*/)*[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
FILTER = re.compile(r"[0-9a-zA-Z._*-]{1,128}")
MOST_FILTERS, MOST_WILDCARDS = 5, 2
MODES = ("MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION")
MOST_TAGS = 50


@answers("ecr", "CreateRepository")
def create(call: Call) -> dict[str, Any]:
    from moto.ecr.models import Repository

    name = str(call.get("repositoryName") or "")
    if not (2 <= len(name) <= 256 and NAME.fullmatch(name)):
        raise invalid("repositoryName", f"must satisfy regular expression '{NAME.pattern}'")
    if name in call.backend.repositories:
        text = f"The repository with name '{name}' already exists in the registry with id '{call.account_id}'"
        raise Refusal("RepositoryAlreadyExistsException", text)
    tags = _tags(call.get("tags") or [])
    mode, filters = _mutability(call)
    encryption = _encryption(call)
    made = Repository(
        account_id=call.account_id,
        region_name=call.region,
        repository_name=name,
        registry_id=None,
        encryption_config=encryption,
        image_scan_config={"scanOnPush": bool((call.get("imageScanningConfiguration") or {}).get("scanOnPush"))},
        image_tag_mutability=mode,
        image_tag_mutability_exclusion_filters=filters,
    )
    made.created_at = moment()
    call.backend.repositories[name] = made
    call.backend.tagger.tag_resource(made.arn, tags)
    for image in call.settings.pushed_images.get(name, ()):
        push(made, build(name, image["tag"], image.get("platforms") or PLATFORMS, index=image.get("index")))
    return {"repository": described(made)}


def _tags(given: list[dict[str, str]]) -> list[dict[str, str]]:
    for one in given:
        if one["Key"].lower().startswith("aws:"):
            raise Refusal("InvalidTagParameterException", f"Invalid parameter at 'tags': the key {one['Key']} is reserved for AWS")
    if len(given) > MOST_TAGS:
        raise Refusal("TooManyTagsException", f"A repository can have at most {MOST_TAGS} tags")
    return [{"Key": one["Key"], "Value": one.get("Value", "")} for one in given]


def _mutability(call: Call) -> tuple[str, list[dict[str, str]] | None]:
    """The mode, and the filters that the modes with exclusions need and the others refuse."""
    mode = str(call.get("imageTagMutability") or "MUTABLE")
    filters = call.get("imageTagMutabilityExclusionFilters")
    if mode not in MODES:
        raise invalid("imageTagMutability", f"Member must satisfy enum value set: [{', '.join(MODES)}]")
    if mode.endswith("_WITH_EXCLUSION") != bool(filters):
        need = "are required with" if mode.endswith("_WITH_EXCLUSION") else "are not allowed with"
        raise invalid("imageTagMutabilityExclusionFilters", f"exclusion filters {need} imageTagMutability {mode}")
    if len(filters or ()) > MOST_FILTERS:
        raise invalid("imageTagMutabilityExclusionFilters", f"Member must have length less than or equal to {MOST_FILTERS}")
    for one in filters or ():
        if one.get("filterType") != "WILDCARD" or not FILTER.fullmatch(str(one.get("filter"))):
            raise invalid("imageTagMutabilityExclusionFilters", f"Invalid filter {one.get('filter')!r}")
        if str(one["filter"]).count("*") > MOST_WILDCARDS:
            raise invalid("imageTagMutabilityExclusionFilters", f"A filter can have at most {MOST_WILDCARDS} wildcards")
    return mode, [dict(one) for one in filters] if filters else None


def _encryption(call: Call) -> dict[str, str]:
    given: Mapping[str, str] = call.get("encryptionConfiguration") or {"encryptionType": "AES256"}
    kind, key = given["encryptionType"], given.get("kmsKey")
    if kind == "AES256":
        if key:
            raise invalid("encryptionConfiguration", "kmsKey is not allowed with encryptionType AES256")
        return {"encryptionType": kind}
    use = find_key(key or "alias/aws/ecr", call.account_id, call.region)
    if use.problem:
        raise Refusal("KmsException", f"ECR cannot use the KMS key: {use.problem}")
    return {"encryptionType": kind, "kmsKey": use.arn}


def described(repository: Any) -> dict[str, Any]:
    filters = repository.image_tag_mutability_exclusion_filters
    return {
        "repositoryArn": repository.arn,
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "repositoryUri": repository.uri,
        "createdAt": repository.created_at,
        "imageTagMutability": str(getattr(repository.image_tag_mutability, "value", repository.image_tag_mutability)),
        "imageScanningConfiguration": dict(repository.image_scanning_configuration),
        "encryptionConfiguration": dict(repository.encryption_configuration),
    } | ({"imageTagMutabilityExclusionFilters": filters} if filters else {})


@answers("ecr", "DescribeRepositories")
def describe(call: Call) -> dict[str, Any]:
    names = call.get("repositoryNames")
    for name in names or ():
        if name not in call.backend.repositories:
            raise no_repository(name, call.account_id)
    found = [one for name, one in sorted(call.backend.repositories.items()) if not names or name in names]
    return page(call, "repositories", [described(one) for one in found])


@answers("ecr", "DeleteRepository")
def delete(call: Call) -> dict[str, Any]:
    found = repository_of(call)
    if found.images and not call.get("force"):
        text = (
            f"The repository with name '{found.name}' in registry with id '{call.account_id}' cannot be deleted because it still "
            "contains images"
        )
        raise Refusal("RepositoryNotEmptyException", text)
    call.backend.tagger.delete_all_tags_for_resource(found.arn)
    del call.backend.repositories[found.name]
    return {"repository": described(found)}


@answers("ecr", "PutImageTagMutability")
def put_mutability(call: Call) -> dict[str, Any]:
    found = repository_of(call)
    mode, filters = _mutability(call)
    found.image_tag_mutability, found.image_tag_mutability_exclusion_filters = mode, filters
    return _named(call, found) | {"imageTagMutability": mode} | ({"imageTagMutabilityExclusionFilters": filters} if filters else {})


@answers("ecr", "PutImageScanningConfiguration")
def put_scanning(call: Call) -> dict[str, Any]:
    found = repository_of(call)
    found.image_scanning_configuration = {"scanOnPush": bool((call.get("imageScanningConfiguration") or {}).get("scanOnPush"))}
    return _named(call, found) | {"imageScanningConfiguration": found.image_scanning_configuration}


def _named(call: Call, repository: Any) -> dict[str, Any]:
    return {"registryId": call.account_id, "repositoryName": repository.name}


@answers("ecr", "TagResource")
def tag(call: Call) -> dict[str, Any]:
    arn, given = _arn(call), _tags(call.get("tags") or [])
    there = set(call.backend.tagger.get_tag_dict_for_resource(arn)) | {one["Key"] for one in given}
    if len(there) > MOST_TAGS:
        raise Refusal("TooManyTagsException", f"A repository can have at most {MOST_TAGS} tags")
    call.backend.tagger.tag_resource(arn, given)
    return {}


@answers("ecr", "UntagResource")
def untag(call: Call) -> dict[str, Any]:
    call.backend.tagger.untag_resource_using_names(_arn(call), [key for key in call.get("tagKeys") or [] if not key.startswith("aws:")])
    return {}


@answers("ecr", "ListTagsForResource")
def list_tags(call: Call) -> dict[str, Any]:
    there = call.backend.tagger.get_tag_dict_for_resource(_arn(call))
    return {"tags": [{"Key": key, "Value": value} for key, value in sorted(there.items())]}


def _arn(call: Call) -> str:
    """The ARN that a call names. Raises Refusal if there is no such repository."""
    arn = str(call.get("resourceArn") or "")
    _prefix, separator, name = arn.partition(":repository/")
    if not separator:
        raise invalid("resourceArn", "Invalid ARN")
    if name not in backend("ecr", call.account_id, call.region).repositories:
        raise no_repository(name, call.account_id)
    return arn
