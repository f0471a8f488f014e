# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The OIDC providers by which clusters vouch for service accounts: the older way for pods to have the rights of a role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.kind import AwsKind
from ....aws.tags import tag_changes, tag_dict, tag_list, visible
from ....component.unclaimed import ISSUER
from ....reconcile.errors import EngineError
from ....reconcile.model import Observed, fixed, given


def plain_url(url: str) -> str:
    """IAM drops the scheme."""
    return url.removeprefix("https://")


class IamOidcProvider(AwsKind):
    """Found by the tags of each provider of EKS in the account."""

    name = "iam_oidc_provider"

    url = fixed(canonical=plain_url)
    client_id_list = given(canonical=sorted_strings)

    def find(self, aws: Aws) -> list[Observed]:
        listed = aws.list_all("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList")
        return self._look(aws, [entry["Arn"] for entry in listed if ISSUER in entry["Arn"]])

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        return next(iter(self._look(aws, [seen.id])), None)

    def _look(self, aws: Aws, arns: Iterable[str]) -> list[Observed]:
        raws = aws.map(lambda arn: self._raw(aws, arn), arns)
        seen = [self._observed(aws, raw) for raw in raws if raw]
        return [one for one in seen if one]

    @staticmethod
    def _raw(aws: Aws, arn: str) -> dict[str, Any] | None:
        reply = aws.find("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
        return {**reply, "Arn": arn} if reply else None

    def _observed(self, aws: Aws, raw: Mapping[str, Any]) -> Observed | None:
        tags = tag_dict(raw.get("Tags"))
        address = aws.owner.address(tags)
        if address is None:
            return None
        values = {"url": raw["Url"], "client_id_list": raw.get("ClientIDList") or [], "tags": visible(tags)}
        return Observed(self.name, address, raw["Arn"], values, {"arn": raw["Arn"]})

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        tags = tag_list({**properties.get("tags", {}), **aws.owner.tags(address)})
        url = f"https://{plain_url(properties['url'])}"
        clients = list(properties.get("client_id_list") or [])
        arn = aws.change("iam", "create_open_id_connect_provider", Url=url, ClientIDList=clients, Tags=tags)["OpenIDConnectProviderArn"]
        return Observed(self.name, address, arn, {**properties, "tags": visible(tag_dict(tags))}, {"arn": arn})

    def set_client_id_list(self, aws: Aws, seen: Observed, value: Iterable[str]) -> None:
        wanted, have = set(value or ()), set(seen.properties.get("client_id_list", ()))
        for name in sorted(wanted - have):
            aws.change("iam", "add_client_id_to_open_id_connect_provider", OpenIDConnectProviderArn=seen.id, ClientID=name)
        for name in sorted(have - wanted):
            aws.remove("iam", "remove_client_id_from_open_id_connect_provider", OpenIDConnectProviderArn=seen.id, ClientID=name)

    def set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        if changed:
            aws.change("iam", "tag_open_id_connect_provider", OpenIDConnectProviderArn=seen.id, Tags=tag_list(changed))
        if dropped:
            aws.change("iam", "untag_open_id_connect_provider", OpenIDConnectProviderArn=seen.id, TagKeys=dropped)

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove("iam", "delete_open_id_connect_provider", OpenIDConnectProviderArn=seen.id)

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        aws.change("iam", "tag_open_id_connect_provider", OpenIDConnectProviderArn=seen.id, Tags=tag_list(aws.owner.tags(address)))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        """By ARN."""
        if ":oidc-provider/" not in identifier or ISSUER not in identifier:
            raise EngineError(f"{identifier}: give the ARN of the OIDC provider of an EKS cluster")
        return self._strange(aws, identifier, address)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """An account has one provider for a URL."""
        url = properties.get("url")
        listed = aws.list_all("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList") if url else []
        held = [entry["Arn"] for entry in listed if url and entry["Arn"].endswith(f"/{plain_url(url)}")]
        return self._strange(aws, held[0], "") if held else None

    def _strange(self, aws: Aws, arn: str, address: str) -> Observed | None:
        other, marks = aws.taking_for(address)
        seen = self.read(other, Observed(self.name, address, arn))
        return replace(seen, marked=marks[0]) if seen else None
