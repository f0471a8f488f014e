# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudFront distributions.

An update is one call for everything that changed, because each takes minutes to reach all edges. It starts from the configuration that
is there at that moment, and names its version. Deleting takes three steps: disable, wait until that is deployed, delete.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Tagging
from ....aws.tags import tag_list
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, given, later
from .alias_records import ZONE, contents_of, leading_to, publish, withdraw
from .cloudfront import accepted, changed, listed, marked_at_home, removed
from .distribution_document import EMPTY, Headers, described, header_digest, shown
from .origin_secret import header_value
from .unknown_members import check_known

DEPLOYED = "Deployed"
GET, CHANGED = "secretsmanager:GetSecretValue", "ChangedMeanwhile"
OUTSIDE = ("tags", "moved_aliases", "records")
"""Properties that calls of their own set."""
PATIENCE = 45 * 60.0
"""Seconds for a deployment, or for disabling, waiting, and deleting. Usually a few minutes."""


class CloudFrontDistribution(NamedKind):
    """``headers``: by distribution, the values of its origins' headers. ``moving``: by distribution, the aliases that it may take from
    another one of the account. ``domains``: those of the zones in which aliases get records. ``secrets``: by distribution, the names of the
    secrets whose values are sent in headers of its origins.
    """

    name = "cloudfront_distribution"
    calls = NamedCalls(
        service="cloudfront",
        list="list_distributions",
        items="DistributionList",
        describe="get_distribution",
        create="create_distribution_with_tags",
        item="Distribution",
        delete="delete_distribution",
        name="Id",
        id="Id",
        arn="ARN",
        token="CallerReference",  # noqa: S106 (the name of a parameter)
    )
    tagging = Tagging(
        tag="tag_resource",
        untag="untag_resource",
        key="Resource",
        of="arn",
        tags="Tags.Items",
        keys="TagKeys.Items",
        read="list_tags_for_resource",
    )
    operations = (
        "associate_alias",
        "get_distribution_config",
        "resourcegroupstaggingapi.get_resources",
        "route53.change_resource_record_sets",
        "route53.list_hosted_zones",
        "route53.list_resource_record_sets",
        "secretsmanager.get_secret_value",
        "update_distribution",
    )
    named = False
    settles = ("update",)
    status_member = "Status"
    states = {"inprogress": "pending"}
    timeout = PATIENCE

    origins = given()
    default_behavior = given()
    behaviors = given()
    aliases = given(canonical=sorted_strings)
    certificate = given()
    geography = given()
    error_responses = given()
    comment = given()
    enabled = given()
    price_class = given()
    http_version = given()
    ipv6 = given()
    root_object = given()
    web_acl = given()
    moved_aliases = later(canonical=sorted_strings)
    records = later()

    def __init__(
        self,
        headers: Mapping[str, Headers] | None = None,
        moving: Mapping[str, Collection[str]] | None = None,
        domains: Collection[str] = (),
        secrets: Mapping[str, Headers] | None = None,
    ) -> None:
        super().__init__()
        self.secrets = dict(secrets or {})
        self.domains = frozenset(domains)
        self.headers = dict(headers or {})
        self.moving = dict(moving or {})

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Those that the index of tags shows as ours: an account may have hundreds, and each takes two reads."""
        return [{"Id": arn.rpartition("/")[2], "ARN": arn} for arn in marked_at_home(aws) if ":distribution/" in arn]

    def find(self, aws: Aws) -> list[Observed]:
        return self._with_records(aws, super().find(aws))

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        found = super().read(aws, seen)
        return self._with_records(aws, [found])[0] if found else None

    def _with_records(self, aws: Aws, found: list[Observed]) -> list[Observed]:
        if not self.domains or not found:
            return found
        there = contents_of(aws, self.domains)
        return [seen.changed({"records": leading_to(str(seen.attributes["domain_name"]), there)}) for seen in found]

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {"records": {}}

    def everyone(self, aws: Aws) -> list[dict[str, Any]]:
        """The summaries of all distributions of the account."""
        return aws.once("distributions", lambda: listed(aws, self.calls.list, self.calls.items))

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """The distribution that has one of the aliases."""
        wanted = {str(one).lower() for one in properties.get("aliases") or ()}
        found = (
            [one for one in self.everyone(aws) if wanted & {str(name).lower() for name in (one["Aliases"].get("Items") or [])}]
            if wanted
            else []
        )
        return self.look_up_any_owner(aws, {"Id": found[0]["Id"]}) if found else None

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "domain_name": raw.get("DomainName"), "hosted_zone_id": ZONE}

    def observe(self, aws: Aws, raw: Mapping[str, Any], address: str | None = None) -> Observed | None:
        """With what the configuration shows; aliases that may be taken from others are shown on their own."""
        config = raw.get("DistributionConfig")
        if config is None:
            return super().observe(aws, raw, address)
        found = super().observe(aws, {**raw, "Shown": shown(config)}, address)
        if found is None:
            return None
        aliases, may = found.properties["aliases"], set(self.moving.get(found.address.partition(".")[2], ()))
        split = {"aliases": [one for one in aliases if one not in may], "moved_aliases": [one for one in aliases if one in may]}
        return found.changed(split)

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        return (raw.get("Shown") or {}).get(name)

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        wanted = {name: value for name, value in properties.items() if name not in OUTSIDE and value is not None}
        config = {**described(wanted, EMPTY, self._headers(aws, address, wanted)), "CallerReference": token}
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        sent = {"DistributionConfig": config, "Tags": {"Items": tag_list(tags)}}
        reply = accepted(lambda: aws.change("cloudfront", self.calls.create, DistributionConfigWithTags=sent))
        return self.made(aws, {**reply["Distribution"], "Tags": {"Items": tag_list(tags)}}, address)

    def _headers(self, aws: Aws, address: str, properties: Mapping[str, Any]) -> Headers:
        """The values of the headers that these properties show as digests."""
        name = address.partition(".")[2]
        found = {origin: dict(headers) for origin, headers in self.headers.get(name, {}).items()}
        for origin, headers in self.secrets.get(name, {}).items() if "origins" in properties else ():
            for header, secret in headers.items():
                value = header_value(aws, secret)
                if header_digest(value) != properties["origins"][origin]["headers"][header]:
                    raise CallFailed(f"the value of {secret} was changed by somebody else since it was planned", GET, CHANGED, "Run again.")
                found.setdefault(origin, {})[header] = value
        return found

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        config = {name: value for name, value in properties.items() if name not in OUTSIDE}
        if config:
            self._write(aws, seen, config)
        if "moved_aliases" in properties:
            self._take(aws, seen, properties["moved_aliases"] or ())
        if "records" in properties:
            publish(aws, str(seen.attributes["domain_name"]), properties["records"] or {}, seen.properties.get("records") or {})
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])

    def _write(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """One call. Aliases that were taken from others stay."""
        moved = list(seen.properties.get("moved_aliases") or ())
        wanted = {**properties, **({"aliases": [*properties["aliases"], *moved]} if "aliases" in properties else {})}
        headers = self._headers(aws, seen.address, wanted)

        def write(there: Mapping[str, Any]) -> None:
            config = described(wanted, there["DistributionConfig"], headers)
            sent = {"Id": seen.id, "IfMatch": there["ETag"], "DistributionConfig": config}
            accepted(lambda: aws.change("cloudfront", "update_distribution", **sent))

        def same(there: Mapping[str, Any]) -> bool:
            now = shown(there["DistributionConfig"])
            known = {**seen.properties, "aliases": sorted([*(seen.properties.get("aliases") or ()), *moved])}
            return all(now[name] == known.get(name) for name in properties if name in now)

        changed(lambda: self._configuration(aws, seen.id), write, same)

    @staticmethod
    def _configuration(aws: Aws, identity: str) -> dict[str, Any]:
        """The configuration and its version. Raises CallFailed if it has members that botocore does not know, and would drop."""
        with check_known(aws.client("cloudfront"), "GetDistributionConfig"):
            return aws.read("cloudfront", "get_distribution_config", Id=identity)

    def _take(self, aws: Aws, seen: Observed, aliases: Collection[str]) -> None:
        """Move aliases here. CloudFront takes each from where it was without a moment in which it leads nowhere."""
        there = set(shown(self._configuration(aws, seen.id)["DistributionConfig"])["aliases"])
        for one in [one for one in aliases if one not in there]:
            aws.change("cloudfront", "associate_alias", TargetDistributionId=seen.id, Alias=one)

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Withdraw the records that lead here, disable, wait, delete: the engine calls again while it is not possible yet."""
        found = aws.find("cloudfront", "get_distribution", Id=seen.id)
        if found is None:
            return
        one = found["Distribution"]
        withdraw(aws, seen)
        if one["DistributionConfig"]["Enabled"]:
            self._write(aws, seen, {"enabled": False})
            raise NotYet("it is being disabled at all edges", "cloudfront:UpdateDistribution", "InProgress", dependency=True)
        if one["Status"] != DEPLOYED:
            raise NotYet("it is being disabled at all edges", "cloudfront:GetDistribution", one["Status"], dependency=True)
        removed(lambda: aws.remove("cloudfront", "delete_distribution", Id=seen.id, IfMatch=found["ETag"]))
