# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECR repositories. Encryption is fixed at creation; the policies of access and lifecycle are set afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from ....aws.canonical import policy
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Read, Tagging
from ....reconcile.model import Observed, fixed, given, later
from .deployed import deployed_tags

WILDCARD = "WILDCARD"


def lifecycle(document: Any) -> Any:
    """A lifecycle policy as it is compared: parsed, rules by priority, and the order of tags within a rule insignificant."""
    parsed = json.loads(document) if isinstance(document, str) else document
    rules = [{**rule, "selection": _sorted(rule["selection"])} for rule in parsed["rules"]]
    return {"rules": sorted(rules, key=lambda rule: int(rule["rulePriority"]))}


def _sorted(selection: Mapping[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in selection.items()}


def mutability(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"mode": value["mode"], "exclusions": sorted(value.get("exclusions") or ())}


class EcrRepository(NamedKind):
    """``names``: those of the described repositories in ECR. ``with_deployed``: whether to read which tags protect images."""

    name = "ecr_repository"
    calls = NamedCalls(
        service="ecr",
        list="describe_repositories",
        items="repositories",
        create="create_repository",
        item="repository",
        delete="delete_repository",
        name="repositoryName",
        id="repositoryName",
        arn="repositoryArn",
    )
    tagging = Tagging(
        tag="tag_resource",
        untag="untag_resource",
        key="resourceArn",
        of="arn",
        tags="tags",
        keys="tagKeys",
        read="list_tags_for_resource",
    )
    reads = (Read("get_repository_policy", optional=True), Read("get_lifecycle_policy", optional=True))
    operations = (
        "delete_lifecycle_policy",
        "delete_repository_policy",
        "put_image_scanning_configuration",
        "put_image_tag_mutability",
        "put_lifecycle_policy",
        "resourcegroupstaggingapi.get_resources",
        "set_repository_policy",
    )
    called = "repository_name"
    exclusive = True
    holds_data = True

    repository_name = fixed("repositoryName")
    encryption = fixed()
    tag_mutability = given(canonical=mutability)
    scan_on_push = given()
    policy = later(canonical=policy, document=True)
    lifecycle_policy = later(canonical=lifecycle)

    def __init__(self, names: Collection[str] = (), with_deployed: bool = False) -> None:
        super().__init__()
        self.names = frozenset(names)
        self.with_deployed = with_deployed

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def find(self, aws: Aws) -> list[Observed]:
        found = super().find(aws)
        if not self.with_deployed:
            return found
        tags = aws.map(lambda seen: deployed_tags(aws, seen.id), found)
        return [self._using(seen, some) for seen, some in zip(found, tags, strict=True)]

    @staticmethod
    def _using(seen: Observed, tags: Collection[str]) -> Observed:
        return replace(seen, attributes={**seen.attributes, "deployed": sorted(tags)})

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Those that can be ours by their name or their tags: reading the tags of all would take a call for each in the account."""
        looks: list[Callable[[Aws], list[Any]]] = [super().listed, self._tagged]
        every, tagged = aws.map(lambda look: look(aws), looks)
        prefix = f"{aws.owner.environment}-{aws.owner.component}/"
        return [one for one in every if one["repositoryName"] in {*self.names, *tagged} or one["repositoryName"].startswith(prefix)]

    @staticmethod
    def _tagged(aws: Aws) -> list[str]:
        filters = [{"Key": key, "Values": [value]} for key, value in aws.owner.scope().items()]
        found = aws.list_all(
            "resourcegroupstaggingapi",
            "get_resources",
            "ResourceTagMappingList",
            TagFilters=filters,
            ResourceTypeFilters=["ecr:repository"],
        )
        return [entry["ResourceARN"].partition(":repository/")[2] for entry in found]

    def by_name(self, name: str) -> dict[str, Any]:
        return {"repositoryNames": [name]}

    def known(self, _aws: Aws, identifier: str) -> str:
        """Names contain slashes."""
        return identifier.partition(":repository/")[2] if identifier.startswith("arn:") else identifier

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "uri": raw.get("repositoryUri"), "registry_id": raw.get("registryId")}

    def get_encryption(self, raw: Mapping[str, Any]) -> dict[str, str]:
        found = raw.get("encryptionConfiguration") or {"encryptionType": "AES256"}
        return {"type": found["encryptionType"], **({"kms_key": found["kmsKey"]} if found.get("kmsKey") else {})}

    def get_tag_mutability(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        mode = str(raw.get("imageTagMutability") or "MUTABLE").removesuffix("_WITH_EXCLUSION")
        return {"mode": mode, "exclusions": [one["filter"] for one in raw.get("imageTagMutabilityExclusionFilters") or ()]}

    def get_scan_on_push(self, raw: Mapping[str, Any]) -> bool:
        return bool((raw.get("imageScanningConfiguration") or {}).get("scanOnPush"))

    def get_policy(self, raw: Mapping[str, Any]) -> Any:
        return json.loads(raw["policyText"]) if raw.get("policyText") else None

    def get_lifecycle_policy(self, raw: Mapping[str, Any]) -> Any:
        return json.loads(raw["lifecyclePolicyText"]) if raw.get("lifecyclePolicyText") else None

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        encryption = properties["encryption"]
        key = {"kmsKey": encryption["kms_key"]} if encryption.get("kms_key") else {}
        return {
            "repositoryName": properties["repository_name"],
            "encryptionConfiguration": {"encryptionType": encryption["type"], **key},
            "imageScanningConfiguration": {"scanOnPush": properties["scan_on_push"]},
            **_mutability_params(properties["tag_mutability"]),
        }

    def set_tag_mutability(self, aws: Aws, seen: Observed, value: Mapping[str, Any]) -> None:
        aws.change("ecr", "put_image_tag_mutability", repositoryName=seen.id, **_mutability_params(value))

    def set_scan_on_push(self, aws: Aws, seen: Observed, value: bool) -> None:
        aws.change("ecr", "put_image_scanning_configuration", repositoryName=seen.id, imageScanningConfiguration={"scanOnPush": value})

    def set_policy(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        if value:
            aws.change("ecr", "set_repository_policy", repositoryName=seen.id, policyText=json.dumps(value))
        else:
            aws.remove("ecr", "delete_repository_policy", repositoryName=seen.id)

    def set_lifecycle_policy(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        if value:
            aws.change("ecr", "put_lifecycle_policy", repositoryName=seen.id, lifecyclePolicyText=json.dumps(value))
        else:
            aws.remove("ecr", "delete_lifecycle_policy", repositoryName=seen.id)

    def delete(self, aws: Aws, seen: Observed) -> None:
        """With its images: the consent to delete names the kind, since it holds data."""
        aws.remove("ecr", "delete_repository", repositoryName=seen.id, force=True)


def _mutability_params(value: Mapping[str, Any]) -> dict[str, Any]:
    exclusions = value.get("exclusions") or ()
    if not exclusions:
        return {"imageTagMutability": value["mode"]}
    filters = [{"filterType": WILDCARD, "filter": one} for one in exclusions]
    return {"imageTagMutability": f"{value['mode']}_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": filters}
