# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""OIDC providers by which clusters vouch for service accounts: the older method of giving pods the rights of a role (IRSA)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Tagging
from ....component.unclaimed import ISSUER
from ....reconcile.errors import EngineError
from ....reconcile.model import Observed, fixed, given


def plain_url(url: str) -> str:
    """The URL without its scheme, as IAM stores it."""
    return url.removeprefix("https://")


class IamOidcProvider(NamedKind):
    """Found by the tags of each OIDC provider of EKS in the account."""

    name = "iam_oidc_provider"
    calls = NamedCalls(
        service="iam",
        list="list_open_id_connect_providers",
        items="OpenIDConnectProviderList",
        describe="get_open_id_connect_provider",
        create="create_open_id_connect_provider",
        delete="delete_open_id_connect_provider",
        name="OpenIDConnectProviderArn",
        id="OpenIDConnectProviderArn",
        arn="OpenIDConnectProviderArn",
    )
    tagging = Tagging(tag="tag_open_id_connect_provider", untag="untag_open_id_connect_provider", key="OpenIDConnectProviderArn")
    operations = ("add_client_id_to_open_id_connect_provider", "remove_client_id_from_open_id_connect_provider")

    url = fixed(canonical=plain_url)
    client_id_list = given("ClientIDList", canonical=sorted_strings)

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        return [{self.calls.name: entry["Arn"]} for entry in super().listed(aws) if ISSUER in entry["Arn"]]

    def get_client_id_list(self, raw: Mapping[str, Any]) -> list[str]:
        return raw.get("ClientIDList") or []

    def sent(self, name: str, value: Any) -> Any:
        return f"https://{plain_url(value)}" if name == "url" else super().sent(name, value)

    def set_client_id_list(self, aws: Aws, seen: Observed, value: Iterable[str]) -> None:
        wanted, have = set(value or ()), set(seen.properties.get("client_id_list", ()))
        for name in sorted(wanted - have):
            aws.change("iam", "add_client_id_to_open_id_connect_provider", OpenIDConnectProviderArn=seen.id, ClientID=name)
        for name in sorted(have - wanted):
            aws.remove("iam", "remove_client_id_from_open_id_connect_provider", OpenIDConnectProviderArn=seen.id, ClientID=name)

    def known(self, _aws: Aws, identifier: str) -> str:
        """By ARN."""
        if ":oidc-provider/" not in identifier or ISSUER not in identifier:
            raise EngineError(f"{identifier}: give the ARN of the OIDC provider of an EKS cluster")
        return identifier

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """An account has only one provider for a URL."""
        end = f"/{plain_url(properties.get('url') or '')}"
        held = [entry for entry in self.listed(aws) if entry[self.calls.name].endswith(end)] if properties.get("url") else []
        return self.look_up_any_owner(aws, held[0]) if held else None
