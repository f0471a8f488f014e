# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kinds of CloudFront that have no tags: origin access controls, and the three kinds of policies.

Their comments say whose they are. A list call returns everything about them; only a change needs their version, which another read
returns. They take nothing but a configuration, and an update replaces all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ....aws.connection import Aws
from ....aws.kind import AwsKind, Calls
from ....aws.owner import mark_of, marks_in
from ....reconcile.model import Observed, fixed, given
from .cloudfront import changed, counted, items, listed, removed


def calls_of(sort: str, plural: str) -> Calls:
    camel = "".join(part.capitalize() for part in sort.split("_"))
    return Calls(
        service="cloudfront",
        list=f"list_{plural}",
        items=f"{camel}List",
        create=f"create_{sort}",
        item=camel,
        delete=f"delete_{sort}",
        id="Id",
    )


class Configured(AwsKind):
    """``comment``: the member of the configuration that says whose it is. ``nested``: whether list entries have the ID and the
    configuration in a member of their own.
    """

    calls: Calls
    comment = "Comment"
    nested = True
    list_params: ClassVar[Mapping[str, Any]] = {}
    exclusive = True
    resource_name = fixed("Name")

    @property
    def member(self) -> str:
        """The configuration in calls and replies."""
        return f"{self.calls.item}Config"

    @property
    def get(self) -> str:
        return f"get_{self.name}_config"

    @property
    def update_call(self) -> str:
        return f"update_{self.name}"

    def regular(self) -> tuple[str, ...]:
        return *super().regular(), self.get, self.update_call

    def find(self, aws: Aws) -> list[Observed]:
        return self.observe_all(aws, self._entries(aws))

    def _entries(self, aws: Aws) -> list[dict[str, Any]]:
        """{"Id", and the members of the configuration} of each."""
        return aws.once(
            f"cloudfront {self.calls.list}",
            lambda: [self._flat(one) for one in listed(aws, self.calls.list, self.calls.items, **self.list_params)],
        )

    def _flat(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        one = entry.get(self.calls.item, entry) if self.nested else entry
        return {**one, **(one.get(self.member) or {}), "Id": one["Id"]}

    def tags_of(self, raw: Mapping[str, Any]) -> dict[str, str]:
        return marks_in(str(raw.get(self.comment) or ""))

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        reply = aws.find("cloudfront", self.get, Id=seen.id)
        raw = {"Id": seen.id, **reply[self.member]} if reply else None
        return self.observe(aws, raw, seen.address) if raw else None

    def configuration(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration without its comment."""
        return {self.api_name(name): self.sent(name, value) for name, value in properties.items() if value is not None}

    def sent(self, _name: str, value: Any) -> Any:
        return value

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        config = {**self.configuration(properties), self.comment: mark_of(aws.owner, address)}
        reply = aws.change("cloudfront", self.calls.create, **{self.member: config})
        made = reply[self.calls.item]
        return self.made(aws, {**config, "Id": made["Id"]}, address)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """One call, on the document that is there: whatever this version does not know stays in it."""
        added = {self.api_name(name): self.sent(name, value) for name, value in properties.items()}

        def write(there: Mapping[str, Any]) -> Any:
            config = {**there[self.member], **{name: value for name, value in added.items() if value is not None}}
            for name in [name for name, value in added.items() if value is None]:
                config.pop(name, None)
            return aws.change("cloudfront", self.update_call, Id=seen.id, IfMatch=there["ETag"], **{self.member: config})

        changed(lambda: self._there(aws, seen), write, lambda there: self._same(aws, seen, there))

    def _there(self, aws: Aws, seen: Observed) -> dict[str, Any]:
        return aws.read("cloudfront", self.get, Id=seen.id)

    def _same(self, aws: Aws, seen: Observed, there: Mapping[str, Any]) -> bool:
        now = self.observe(aws, {"Id": seen.id, **there[self.member]}, seen.address)
        return now is not None and now.properties == seen.properties

    def delete(self, aws: Aws, seen: Observed) -> None:
        there = aws.find("cloudfront", self.get, Id=seen.id)
        if there is not None:
            removed(lambda: aws.remove("cloudfront", self.calls.delete, Id=seen.id, IfMatch=there["ETag"]))

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        there = self._there(aws, seen)
        config = {**there[self.member], self.comment: mark_of(aws.owner, address)}
        aws.change("cloudfront", self.update_call, Id=seen.id, IfMatch=there["ETag"], **{self.member: config})

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        named = identifier.rpartition("/")[2]
        found = [one for one in self._entries(aws) if named in (one["Id"], one.get("Name"))]
        return self.observe_any_owner(aws, found, address)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        found = [one for one in self._entries(aws) if one.get("Name") == properties.get("resource_name")]
        return self.observe_any_owner(aws, found)


class OriginAccessControl(Configured):
    """With it, CloudFront signs its requests to a bucket; the bucket's policy admits exactly the distribution."""

    name = "origin_access_control"
    calls = calls_of("origin_access_control", "origin_access_controls")
    comment = "Description"
    nested = False

    origin_type = given("OriginAccessControlOriginType")
    signing_behavior = given()
    signing_protocol = given()


class Policy(Configured):
    """A policy of the account; the managed ones are known by name."""

    list_params: ClassVar[Mapping[str, Any]] = {"Type": "custom"}


def part_of(value: Mapping[str, Any] | None, singular: str) -> Any:
    """``{"CookieBehavior": "whitelist", "Cookies": {...}}`` -> a list of names, or the behavior itself: none, all."""
    behavior = str((value or {}).get(f"{singular}Behavior") or "none")
    names = sorted(items((value or {}).get(f"{singular}s")))
    return behavior if not names else {behavior: names}


def as_part(value: Any, singular: str) -> dict[str, Any]:
    """The reverse of ``part_of``."""
    if isinstance(value, Mapping):
        ((behavior, names),) = value.items()
        return {f"{singular}Behavior": behavior, f"{singular}s": counted(sorted(names))}
    return {f"{singular}Behavior": value}


SINGULAR = {"headers": "Header", "cookies": "Cookie", "query_strings": "QueryString"}
IN_KEY = "ParametersInCacheKeyAndForwardedToOrigin"


class CachePolicy(Policy):
    """How long responses are kept, and what distinguishes them: ``key`` is {"headers", "cookies", "query_strings", "encodings"}."""

    name = "cache_policy"
    calls = calls_of("cache_policy", "cache_policies")

    min_ttl = given("MinTTL")
    default_ttl = given("DefaultTTL")
    max_ttl = given("MaxTTL")
    key = given(IN_KEY)

    def get_key(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        found = raw.get(IN_KEY) or {}
        encodings = [name for name in ("gzip", "brotli") if found.get(f"EnableAcceptEncoding{name.capitalize()}")]
        parts = {name: part_of(found.get(f"{one}sConfig"), one) for name, one in SINGULAR.items()}
        return {**parts, "encodings": encodings}

    def sent(self, name: str, value: Any) -> Any:
        if name != "key":
            return value
        parts = {f"{one}sConfig": as_part(value[part], one) for part, one in SINGULAR.items()}
        return {**parts, **{f"EnableAcceptEncoding{each.capitalize()}": each in value["encodings"] for each in ("gzip", "brotli")}}


class OriginRequestPolicy(Policy):
    """What CloudFront passes on to an origin, besides what the cache policy names."""

    name = "origin_request_policy"
    calls = calls_of("origin_request_policy", "origin_request_policies")

    headers = given("HeadersConfig")
    cookies = given("CookiesConfig")
    query_strings = given("QueryStringsConfig")

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        return part_of(raw.get(self.api_name(name)), SINGULAR[name]) if name in SINGULAR else super().value(raw, name)

    def sent(self, name: str, value: Any) -> Any:
        return as_part(value, SINGULAR[name]) if name in SINGULAR else value


class ResponseHeadersPolicy(Policy):
    """The headers that CloudFront adds to responses, overrides, and removes."""

    name = "response_headers_policy"
    calls = calls_of("response_headers_policy", "response_headers_policies")

    cors = given("CorsConfig")
    security = given("SecurityHeadersConfig")
    custom = given("CustomHeadersConfig")
    removed_headers = given("RemoveHeadersConfig")

    def get_cors(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        found = raw.get("CorsConfig")
        return {name: sorted(items(value)) if isinstance(value, Mapping) else value for name, value in found.items()} if found else None

    def get_custom(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        found = {one["Header"]: {"value": one["Value"], "override": one["Override"]} for one in items(raw.get("CustomHeadersConfig"))}
        return found or None

    def get_removed_headers(self, raw: Mapping[str, Any]) -> list[str] | None:
        return sorted(one["Header"] for one in items(raw.get("RemoveHeadersConfig"))) or None

    def sent(self, name: str, value: Any) -> Any:
        if not value:
            return None
        if name == "cors":
            return {key: counted(one) if isinstance(one, list) else one for key, one in value.items()}
        if name == "custom":
            return counted({"Header": header, "Value": one["value"], "Override": one["override"]} for header, one in sorted(value.items()))
        return counted({"Header": header} for header in value) if name == "removed_headers" else value
