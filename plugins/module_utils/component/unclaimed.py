# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resources that carry an environment's owner tag but belong to none of its components.

One list call of the tagging API in each region covers all tagged resources except those of IAM. Roles are found by their path, OIDC
providers by the URL that all EKS clusters share. In a full run of ``site.yml``, one component of each place makes these calls in parallel
with its own reads, so they add no time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from ..aws.connection import Aws
from ..aws.owner import TAG_PREFIX
from ..aws.tags import tag_dict
from ..reconcile.errors import CallFailed, failure
from .remnants import exists

FORMAT = 1
"""Version of the shape of ``unclaimed``, which the plan_summary callback reads."""

PAGE = 100

ISSUER = "/oidc.eks."
"""Substring of the ARNs of EKS clusters' OIDC providers, which end in the issuer's URL. Only these providers are asked for tags."""


def answer_of(aws: Aws, claimed: Collection[str], region: str, account_id: str | None = None) -> dict[str, Any]:
    """What a module returns as ``unclaimed``. If AWS denies the search, that is not a failure: ``reason`` says why there was none."""
    found: dict[str, Any] = {"format": FORMAT, "environment": aws.owner.environment, "region": region, "looked": True, "reason": ""}
    try:
        return {**found, "resources": look(aws, claimed, account_id)}
    except CallFailed as error:
        return {**found, "looked": False, "reason": str(failure("", error)), "resources": []}


def look(aws: Aws, claimed: Collection[str], account_id: str | None = None) -> list[dict[str, str]]:
    """[{component, address, arn}] of everything whose component is not among ``claimed``, sorted in that order. Raises CallFailed."""
    questions: list[Callable[[Aws], Any]] = [_identity, _roles, _providers, *(partial(_tagged, region) for region in aws.regions)]
    identity, roles, providers, *by_region = aws.map(lambda question: question(aws), questions)
    tagged = [one for found in by_region for one in found]
    if account_id and identity != str(account_id):
        raise CallFailed(f"the credentials belong to account {identity}, not to {account_id}")
    strangers = [(arn, tags) for arn, tags in tagged if _component(tags) not in claimed]
    alive = aws.map(lambda one: exists(aws, one[0]), strangers)
    found = [_entry(arn, _component(tags), tags) for (arn, tags), lives in zip(strangers, alive, strict=True) if lives]
    lost = [role for role in roles if _owner_of(role) not in claimed]
    marks = aws.map(lambda role: _role_tags(aws, role["RoleName"]), lost)
    found += [_entry(role["Arn"], _owner_of(role), tags) for role, tags in zip(lost, marks, strict=True)]
    owners = aws.map(lambda arn: _provider_tags(aws, arn), providers)
    of_here = [(arn, tags) for arn, tags in zip(providers, owners, strict=True) if _environment(tags) == aws.owner.environment]
    found += [_entry(arn, _component(tags), tags) for arn, tags in of_here if _component(tags) not in claimed]
    unique = {one["arn"]: one for one in found}
    return sorted(unique.values(), key=lambda one: (one["component"], one["address"], one["arn"]))


def _identity(aws: Aws) -> str:
    return str(aws.read("sts", "get_caller_identity")["Account"])


def _tagged(region: str, aws: Aws) -> list[tuple[str, dict[str, str]]]:
    filters = [{"Key": f"{TAG_PREFIX}environment", "Values": [aws.owner.environment]}]
    found = aws.in_region(region).list_all(
        "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters, ResourcesPerPage=PAGE
    )
    return [(entry["ResourceARN"], tag_dict(entry["Tags"])) for entry in found]


def _roles(aws: Aws) -> list[Mapping[str, Any]]:
    """The roles on the environment's path: the tagging API does not list roles."""
    found: list[Mapping[str, Any]] = aws.list_all("iam", "list_roles", "Roles", PathPrefix=f"/mainstay/{aws.owner.environment}/")
    return found


def _providers(aws: Aws) -> list[str]:
    """The ARNs of the OIDC providers of EKS clusters, regardless of owner."""
    listed = aws.list_all("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList")
    return [entry["Arn"] for entry in listed if ISSUER in entry["Arn"]]


def _provider_tags(aws: Aws, arn: str) -> dict[str, str]:
    return tag_dict((aws.find("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn) or {}).get("Tags"))


def _owner_of(role: Mapping[str, Any]) -> str:
    """``/mainstay/prod/network/`` -> network."""
    return str(role["Path"]).split("/")[3]


def _role_tags(aws: Aws, name: str) -> dict[str, str]:
    return tag_dict((aws.find("iam", "list_role_tags", RoleName=name) or {}).get("Tags"))


def _component(tags: Mapping[str, str]) -> str:
    return tags.get(f"{TAG_PREFIX}component", "")


def _environment(tags: Mapping[str, str]) -> str:
    return tags.get(f"{TAG_PREFIX}environment", "")


def _entry(arn: str, component: str, tags: Mapping[str, str]) -> dict[str, str]:
    return {"component": component, "address": tags.get(f"{TAG_PREFIX}address", ""), "arn": arn}
