# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Security groups. Rules are properties of the group: a rule that others add is drift unless it is declared foreign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..aws.connection import Aws
from ..aws.ec2_kind import Ec2Kind, ec2
from ..reconcile.errors import AlreadyThere, NotYet
from ..reconcile.model import Observed, fixed, initial, later
from . import limits
from .foreign_rules import PEERS, Rule, identity, with_foreign_rules
from .limits import ALLOW_ALL
from .vpc_default import VpcDefault

DEFAULT = "default"

RULE_CALLS = tuple(
    f"{verb}_{side}"
    for verb in ("authorize_security_group", "revoke_security_group", "update_security_group_rule_descriptions")
    for side in ("egress", "ingress")
)


def rules(value: Iterable[Rule]) -> list[dict[str, Any]]:
    """Rules in a fixed order, without absent members."""
    kept = [{name: item for name, item in rule.items() if item is not None and item != ""} for rule in value]
    return sorted(kept, key=lambda rule: [str(rule.get(name, "")) for name in ("protocol", "from_port", "to_port", *PEERS, "description")])


def flatten(permissions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Convert AWS's permissions (one entry per protocol and ports, many peers) to one rule per peer."""
    found = []
    for permission in permissions:
        ports = {"from_port": permission.get("FromPort"), "to_port": permission.get("ToPort")}
        for peer, (items, key) in PEERS.items():
            for item in permission.get(items, []):
                rule = {"protocol": permission["IpProtocol"], peer: item[key], "description": item.get("Description")}
                found.append(rule | (ports if permission["IpProtocol"] != "-1" else {}))
    return rules(found)


def permission(rule: Rule) -> dict[str, Any]:
    """Convert one rule to the permission that the API accepts."""
    peer = next(name for name in PEERS if rule.get(name))
    items, key = PEERS[peer]
    described = {"Description": rule["description"]} if rule.get("description") else {}
    ports = {"FromPort": rule["from_port"], "ToPort": rule["to_port"]} if "from_port" in rule else {}
    return {"IpProtocol": rule["protocol"], **ports, items: [{key: rule[peer], **described}]}


def set_rules(aws: Aws, seen: Observed, side: str, value: Iterable[Rule]) -> None:
    """Authorize before revoking, so that traffic that stays allowed is not cut; changed descriptions are updated in place."""
    old = {identity(rule): rule for rule in rules(seen.properties.get(side, []))}
    new = {identity(rule): rule for rule in rules(value)}
    described = [rule for key, rule in new.items() if key in old and rule.get("description") != old[key].get("description")]
    for method, chosen in (
        (f"authorize_security_group_{side}", [rule for key, rule in new.items() if key not in old]),
        (f"update_security_group_rule_descriptions_{side}", described),
        (f"revoke_security_group_{side}", [rule for key, rule in old.items() if key not in new]),
    ):
        if chosen:
            _change_rules(aws, method, seen.id, chosen)


def _change_rules(aws: Aws, method: str, group: str, chosen: Sequence[Rule]) -> None:
    """Change all rules in one call; if some exist already or are already gone, one by one."""
    try:
        aws.change("ec2", method, GroupId=group, IpPermissions=[permission(rule) for rule in chosen])
    except (AlreadyThere, NotYet) as error:
        if "Permission" not in error.code:
            raise
        for rule in chosen:
            try:
                aws.change("ec2", method, GroupId=group, IpPermissions=[permission(rule)])
            except (AlreadyThere, NotYet) as again:
                if again.code != error.code:
                    raise


class SecurityGroup(Ec2Kind):
    """Name and description are for people and keep their initial values: a group in use could not be replaced for their sake."""

    name = "security_group"
    calls = ec2("security_group", item="", id="GroupId")
    operations = RULE_CALLS
    id_prefix = "sg-"
    quotas = (limits.INGRESS_RULES, limits.EGRESS_RULES)
    exclusive = True

    vpc_id = fixed()
    group_name = initial()
    description = initial()
    ingress = later(canonical=rules, effective=with_foreign_rules)
    egress = later(canonical=rules, effective=with_foreign_rules)

    def observe(self, aws: Aws, raw: Mapping[str, Any], address: str | None = None) -> Observed | None:
        return None if raw.get("GroupName") == DEFAULT else super().observe(aws, raw, address)

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        made = super().create(aws, address, properties, token)
        return made.changed({**properties, "ingress": [], "egress": [ALLOW_ALL]})

    def why_not_adoptable(self, _aws: Aws, raw: Mapping[str, Any]) -> str:
        return "it is the default group of its VPC, which belongs to default_security_group" if raw.get("GroupName") == DEFAULT else ""

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        return self.first(aws, vpc_id=properties.get("vpc_id"), group_name=properties.get("group_name"))

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {"egress": [ALLOW_ALL]}

    def get_ingress(self, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
        return flatten(raw.get("IpPermissions", []))

    def get_egress(self, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
        return flatten(raw.get("IpPermissionsEgress", []))

    def set_ingress(self, aws: Aws, seen: Observed, value: Iterable[Rule]) -> None:
        set_rules(aws, seen, "ingress", value)

    def set_egress(self, aws: Aws, seen: Observed, value: Iterable[Rule]) -> None:
        """AWS also opens a new group for IPv6, if its VPC has a block by then: only reading the group again tells."""
        opened = ALLOW_ALL in (seen.properties.get("egress") or ())
        set_rules(aws, (self.read(aws, seen) or seen) if opened else seen, "egress", value)


class DefaultSecurityGroup(VpcDefault):
    """The group that AWS creates with each VPC."""

    name = "default_security_group"
    calls = ec2("security_group", id="GroupId", create="", delete="")
    operations = RULE_CALLS
    id_prefix = "sg-"
    quotas = (limits.INGRESS_RULES, limits.EGRESS_RULES)
    called = "default group"
    selected = {"group_name": DEFAULT}

    vpc_id = fixed()
    ingress = later(canonical=rules)
    egress = later(canonical=rules)

    get_ingress = SecurityGroup.get_ingress
    get_egress = SecurityGroup.get_egress
    set_ingress = SecurityGroup.set_ingress
    set_egress = SecurityGroup.set_egress

    def fresh(self, seen: Observed) -> Mapping[str, Any]:
        return {"ingress": [{"protocol": "-1", "group_id": seen.id}], "egress": [ALLOW_ALL]}

    def find(self, aws: Aws) -> list[Observed]:
        filters = [*aws.owner.filters(), {"Name": "group-name", "Values": [DEFAULT]}]
        return self.observe_all(aws, aws.list_all("ec2", self.calls.list, self.calls.items, Filters=filters))

    def why_not_adoptable(self, _aws: Aws, raw: Mapping[str, Any]) -> str:
        return "" if raw.get("GroupName") == DEFAULT else f"it is called {raw.get('GroupName')} and is not the default group of its VPC"
