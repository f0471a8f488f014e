"""Distributions: created, described, changed under the version that the caller names, disabled, and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.extensions.cloudfront_checks import certificate_at, check, names_on, others
from rehearsal.extensions.cloudfront_common import (
    Distribution,
    Document,
    Invalidation,
    check_quantities,
    check_version,
    counted,
    found_in,
    invalid,
    items,
    new_id,
    page,
    store,
)
from rehearsal.extensions.cloudfront_documents import NEEDED_TO_UPDATE, completed
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.traffic import cloud as traffic
from rehearsal.traffic.tls import covers

GONE = "NoSuchDistribution"
URL = "https://cloudfront.amazonaws.com/2020-05-31/distribution"
MOST_PATHS, MOST_WILDCARDS = 3000, 15
OF_SUMMARY = (
    "Aliases",
    "Origins",
    "OriginGroups",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "PriceClass",
    "Enabled",
    "ViewerCertificate",
    "Restrictions",
    "WebACLId",
    "HttpVersion",
    "IsIPV6Enabled",
    "Staging",
    "ConnectionMode",
)
"""The members of the configuration that ListDistributions shows: no default root object, no logging, no caller reference."""


@answers("cloudfront", "CreateDistribution", "CreateDistributionWithTags")
def create(call: Call) -> Document:
    tagged = call.get("DistributionConfigWithTags") or {}
    given = dict(tagged.get("DistributionConfig") or call.get("DistributionConfig") or {})
    there, reference = store(call).distributions, given.get("CallerReference")
    config = completed(given)
    for one in there.values():
        if one.config["CallerReference"] == reference:
            raise Refusal("DistributionAlreadyExists", f"The caller reference that you are using is associated with {one.id}.", 409)
    limit = call.settings.quotas.get("distributions")
    if limit is not None and len(there) >= limit:
        raise Refusal("TooManyDistributions", "You have reached the maximum number of distributions for the account.", 400)
    check(call, config)
    identity = new_id()
    made = Distribution(
        identity,
        config,
        arn=f"arn:aws:cloudfront::{call.account_id}:distribution/{identity}",
        domain_name=f"d{new_id('', 13).lower()}.cloudfront.net",
        tags={one["Key"]: one.get("Value") or "" for one in items(tagged.get("Tags"))},
    )
    there[identity] = made
    _certificates(made, {}, config)
    traffic.started()
    return {**_one(made), "Location": f"{URL}/{identity}"}


def _certificates(one: Distribution, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Tells ACM which certificate is in use."""
    for config, used in ((before, False), (after, True)):
        certificate = certificate_at(str((config.get("ViewerCertificate") or {}).get("ACMCertificateArn") or ""))
        if certificate is not None:
            kept = [arn for arn in certificate.in_use_by if arn != one.arn]
            certificate.in_use_by = [*kept, one.arn] if used else kept


def _one(one: Distribution) -> Document:
    return {"Distribution": _shown(one), "ETag": one.etag}


def _shown(one: Distribution) -> Document:
    return {
        "Id": one.id,
        "ARN": one.arn,
        "Status": one.status,
        "LastModifiedTime": one.modified,
        "InProgressInvalidationBatches": 0,
        "DomainName": one.domain_name,
        "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
        "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "DistributionConfig": one.config,
        "AliasICPRecordals": [{"CNAME": alias, "ICPRecordalStatus": "APPROVED"} for alias in one.aliases],
    }


def _of(call: Call, name: str = "Id") -> Distribution:
    return found_in(store(call).distributions, call.get(name), GONE)


@answers("cloudfront", "GetDistribution")
def get(call: Call) -> Document:
    return _one(_of(call))


@answers("cloudfront", "GetDistributionConfig")
def get_config(call: Call) -> Document:
    one = _of(call)
    return {"DistributionConfig": one.config, "ETag": one.etag}


@answers("cloudfront", "ListDistributions")
def listed(call: Call) -> Document:
    found: list[tuple[str, Document]] = [(one.id, _summary(one)) for one in store(call).distributions.values()]
    return {"DistributionList": page(call, found)}


def _summary(one: Distribution) -> Document:
    shown = {name: value for name, value in _shown(one).items() if name in ("Id", "ARN", "Status", "LastModifiedTime", "DomainName")}
    return {**shown, "ETag": one.etag, **{name: one.config[name] for name in OF_SUMMARY if name in one.config}}


@answers("cloudfront", "UpdateDistribution")
def update(call: Call) -> Document:
    one = _of(call)
    given = dict(call.get("DistributionConfig") or {})
    check_version(call, one.etag)
    check_quantities(given)
    for path, names in NEEDED_TO_UPDATE.items():
        part = given.get(path) or {} if path else given
        for name in names:
            if part.get(name) is None:
                raise invalid(f"The parameter {f'{path}.' if path else ''}{name} is required.")
    if given["CallerReference"] != one.config["CallerReference"]:
        raise Refusal("IllegalUpdate", "The update contains modifications that are not allowed: CallerReference.", 400)
    config = completed(given)
    check(call, config, one)
    _check_plan(call, one, config)
    _certificates(one, one.config, config)
    one.change(config)
    one.status = "Deployed"
    return _one(one)


def plan_of(call: Call, one: Distribution) -> Document | None:
    """The flat-rate plan to which a distribution is subscribed."""
    return next((plan for plan in store(call).plans.values() if one.arn in plan["resourceArns"]), None)


def _check_plan(call: Call, one: Distribution, config: Document) -> None:
    """A distribution on a flat-rate plan keeps its web ACL (Amazon CloudFront Developer Guide, "Flat-rate pricing plans")."""
    if plan_of(call, one) and one.config.get("WebACLId") and not config.get("WebACLId"):
        raise invalid("You can't remove the web ACL from a distribution that is subscribed to a pricing plan.")


@answers("cloudfront", "DeleteDistribution")
def delete(call: Call) -> Document:
    one = _of(call)
    check_version(call, one.etag)
    if one.config["Enabled"] or one.status != "Deployed":
        raise Refusal("DistributionNotDisabled", "The distribution you are trying to delete has not been disabled.", 409)
    if plan_of(call, one):
        text = "You can't delete a distribution that is subscribed to a pricing plan. Cancel the plan, and wait until it ends."
        raise Refusal("PreconditionFailed", text, 412)
    _certificates(one, one.config, {})
    del store(call).distributions[one.id]
    store(call).invalidations.pop(one.id, None)
    return {}


# --- aliases ---


@answers("cloudfront", "ListConflictingAliases")
def conflicting(call: Call) -> Document:
    """Who else has an alias: account and distribution are partly hidden, as on AWS."""
    mine, alias = _of(call, "DistributionId"), str(call.get("Alias") or "").lower()
    if not _certified(mine, alias):
        raise invalid("The distribution must have a certificate that covers the alias.")
    found = [one for one in others(mine) if alias in one.aliases]
    entries = [
        {"Alias": alias, "DistributionId": f"*******{one.id[-6:]}", "AccountId": f"******{one.arn.split(':')[4][-6:]}"} for one in found
    ]
    return {"ConflictingAliasesList": {"MaxItems": 100, **counted(entries)}}


@answers("cloudfront", "AssociateAlias")
def associate(call: Call) -> Document:
    """Moves an alias from another distribution of the same account, without a moment in which it leads nowhere."""
    mine, alias = _of(call, "TargetDistributionId"), str(call.get("Alias") or "").lower()
    if not _certified(mine, alias):
        raise invalid("The distribution must have a certificate that covers the alias.")
    for one in others(mine):
        if alias in one.aliases:
            if one.arn.split(":")[4] != call.account_id:
                raise Refusal("IllegalUpdate", "Disable the distribution in the other account before you move its alias.", 400)
            one.change({**one.config, "Aliases": counted(name for name in items(one.config["Aliases"]) if name.lower() != alias)})
            one.status = "Deployed"
    mine.change({**mine.config, "Aliases": counted(dict.fromkeys([*items(mine.config["Aliases"]), alias]))})
    mine.status = "Deployed"
    return {}


def _certified(one: Distribution, alias: str) -> bool:
    names = names_on(str(one.config["ViewerCertificate"].get("ACMCertificateArn") or ""))
    return covers(names, alias) or alias in names


# --- invalidations ---


@answers("cloudfront", "CreateInvalidation")
def invalidate(call: Call) -> Document:
    one, batch = _of(call, "DistributionId"), dict(call.get("InvalidationBatch") or {})
    check_quantities(batch)
    paths, there = [str(path) for path in items(batch.get("Paths"))], store(call).invalidations.setdefault(one.id, [])
    if not paths or any(not path.startswith("/") or "*" in path[:-1] for path in paths):
        raise invalid("Your request contains one or more invalid invalidation paths.")
    same = next((each for each in there if each.batch["CallerReference"] == batch.get("CallerReference")), None)
    if same is not None:
        if same.batch != batch:
            raise invalid("The caller reference was used for an invalidation of other paths.")
        return {"Invalidation": _invalidation(same), "Location": f"{URL}/{one.id}/invalidation/{same.id}"}
    running = [path for each in there if each.status != "Completed" for path in items(each.batch["Paths"])] + paths
    if len(running) > MOST_PATHS or sum(path.endswith("*") for path in running) > MOST_WILDCARDS:
        raise Refusal("TooManyInvalidationsInProgress", "Your request exceeds the number of invalidations allowed at the same time.", 400)
    made = Invalidation(new_id("I"), batch)
    there.append(made)
    one.cached.clear() if "/*" in paths else _drop(one, paths)
    return {"Invalidation": _invalidation(made), "Location": f"{URL}/{one.id}/invalidation/{made.id}"}


def _drop(one: Distribution, paths: list[str]) -> None:
    for key in list(one.cached):
        path = str(key[1])
        if any(path.startswith(each[:-1]) if each.endswith("*") else path == each for each in paths):
            del one.cached[key]


def _invalidation(one: Invalidation) -> Document:
    return {"Id": one.id, "Status": one.status, "CreateTime": one.created, "InvalidationBatch": one.batch}


@answers("cloudfront", "GetInvalidation")
def get_invalidation(call: Call) -> Document:
    there = store(call).invalidations.get(_of(call, "DistributionId").id, [])
    return {"Invalidation": _invalidation(found_in({one.id: one for one in there}, call.get("Id"), "NoSuchInvalidation"))}


@answers("cloudfront", "ListInvalidations")
def list_invalidations(call: Call) -> Document:
    there = store(call).invalidations.get(_of(call, "DistributionId").id, [])
    found: list[tuple[str, Document]] = [(one.id, {"Id": one.id, "CreateTime": one.created, "Status": one.status}) for one in there]
    return {"InvalidationList": page(call, found)}
