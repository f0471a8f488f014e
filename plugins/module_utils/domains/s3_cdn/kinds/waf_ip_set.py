# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IP sets of WAF: addresses that rules of web ACLs admit or block."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.named_kind import NamedCalls
from ....reconcile.model import fixed, given, initial
from .waf_kind import WafKind


def blocks(values: Iterable[str]) -> list[str]:
    """Blocks in the form that WAF returns, without an order."""
    return sorted({str(ipaddress.ip_network(one)) for one in values})


class WafIpSet(WafKind):
    """``initial_addresses`` instead of ``addresses`` where something else, such as a function, owns them once the set exists."""

    name = "waf_ip_set"
    calls = NamedCalls(
        service="wafv2",
        list="list_ip_sets",
        items="IPSets",
        describe="get_ip_set",
        create="create_ip_set",
        item="IPSet",
        delete="delete_ip_set",
        name="ARN",
        id="ARN",
        arn="ARN",
    )
    operations = ("update_ip_set",)
    called = "ip_set_name"
    editable: Mapping[str, str] = {"addresses": "Addresses"}

    ip_set_name = fixed("Name")
    ip_address_version = fixed("IPAddressVersion")
    addresses = given(canonical=blocks)
    initial_addresses = initial("Addresses")

    def item_of(self, reply: Mapping[str, Any]) -> dict[str, Any]:
        return dict(reply.get("IPSet") or reply.get("Summary") or reply)
