# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which existing rule keeps a rule of ours from being created."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.security_group_rule import SecurityGroupRule

RAW = {"GroupId": "sg-1", "IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "Tags": []}
DEFAULT = {**RAW, "SecurityGroupRuleId": "sgr-1", "IsEgress": True, "CidrIpv4": "0.0.0.0/0"}
PEER = {**RAW, "SecurityGroupRuleId": "sgr-2", "IsEgress": True, "ReferencedGroupInfo": {"GroupId": "sg-2"}}
WANTED = {"group_id": "sg-1", "is_egress": True, "ip_protocol": "-1", "peer_group_id": "sg-2"}


class Account:
    """An account with these two rules."""

    def list_all(self, _service: str, _method: str, _items: str, **_parameters: Any) -> list[dict[str, Any]]:
        return [dict(DEFAULT), dict(PEER)]


class Holder(SecurityGroupRule):
    """The kind, with what it found instead of an observation."""

    def observe_any_owner(self, _aws: Any, raws: list[dict[str, Any]]) -> Any:
        return [raw["SecurityGroupRuleId"] for raw in raws]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["sgr-2"]),
        ({"is_egress": False}, []),
        ({"ip_protocol": "tcp"}, []),
        ({"peer_group_id": "sg-3"}, []),
        ({"peer_group_id": None}, None),
        ({"group_id": None}, None),
    ],
)
def test_the_same_rule_of_another_owner(changes: dict[str, Any], expected: list[str] | None) -> None:
    """While the peer is still unknown, the rule that allows all egress is not taken for it."""
    assert Holder().holder(Account(), {**WANTED, **changes}) == expected  # type: ignore[arg-type]
