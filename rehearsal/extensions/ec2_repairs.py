"""Small fixes for moto's EC2 classes."""

from __future__ import annotations

import functools
import inspect
import ipaddress
from collections.abc import Callable
from datetime import datetime
from typing import Any

from rehearsal.extensions.ec2_common import matches_pattern
from rehearsal.registry import adjusts


@adjusts("ec2")
def look_tags_up_directly() -> None:
    """moto matches every tag in the region against a pattern for each resource it describes, so the time grows quadratically."""
    from moto.ec2.models.core import TaggedEC2Resource

    def get_tags(self: Any) -> list[dict[str, str]]:
        tags = self.ec2_backend.tags.get(self.id, {}) if self.id else {}
        return [{"resource_id": self.id, "key": key, "value": value} for key, value in tags.items()]

    TaggedEC2Resource.get_tags = get_tags


@adjusts("ec2")
def keep_default_subnets_to_the_default_vpc() -> None:
    """moto treats the first subnet in a zone as a default subnet that assigns public addresses, whatever its VPC."""
    from moto.ec2.models.subnets import SubnetBackend

    original = SubnetBackend.create_subnet

    @functools.wraps(original)
    def create_subnet(self: Any, vpc_id: str, *arguments: Any, **options: Any) -> Any:
        subnet = original(self, vpc_id, *arguments, **options)
        if not self.get_vpc(vpc_id).is_default:
            subnet.default_for_az = subnet.map_public_ip_on_launch = False
        return subnet

    SubnetBackend.create_subnet = create_subnet


@adjusts("ec2")
def describe_rules_of_every_source() -> None:
    """moto keeps the description of a rule only if its source is an address range."""
    from moto.ec2.models.security_groups import SecurityGroupRule

    def description(self: Any) -> Any:
        return self.ip_range.get("Description") or self.source_group.get("Description") or getattr(self, "prefix_list_description", None)

    original = SecurityGroupRule.__init__

    def initialize(self: Any, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        prefix_list = arguments[7] if len(arguments) > 7 else options.get("prefix_list_id")
        self.prefix_list_description = (prefix_list or {}).get("Description")

    SecurityGroupRule.__init__ = initialize
    SecurityGroupRule.description = property(description)


@adjusts("ec2")
def delete_what_belongs_to_the_deleted() -> None:
    """Deleting a subnet deletes its associations, deleting a VPC its default network ACL, and deleting any resource its tags."""
    from moto.ec2.models import EC2Backend

    def wrap(method: str, then: Callable[[Any, str], None]) -> None:
        original = getattr(EC2Backend, method)

        def delete(self: Any, identity: str | None = None, *arguments: Any, **options: Any) -> Any:
            result = original(self, *([identity] if identity is not None else []), *arguments, **options)
            deleted = identity or options.get("group_id") or options.get("allocation_id")
            if deleted:
                then(self, deleted)
                self.tags.pop(deleted, None)
            return result

        setattr(EC2Backend, method, delete)

    wrap("delete_vpc", _forget_vpc)
    wrap("delete_subnet", _forget_subnet)
    for method in ("delete_internet_gateway", "delete_route_table", "delete_network_acl", "delete_security_group", "release_address"):
        wrap(method, lambda backend, identity: None)


def _forget_vpc(backend: Any, vpc_id: str) -> None:
    for identity in [acl.id for acl in backend.network_acls.values() if acl.vpc_id == vpc_id]:
        del backend.network_acls[identity]
        backend.tags.pop(identity, None)
    backend.groups.pop(vpc_id, None)


def _forget_subnet(backend: Any, subnet_id: str) -> None:
    for acl in backend.network_acls.values():
        acl._associations = {key: value for key, value in acl._associations.items() if value.subnet_id != subnet_id}
    for table in backend.route_tables.values():
        table._associations = {key: value for key, value in table._associations.items() if value != subnet_id}


@adjusts("ec2")
def let_default_groups_admit_themselves() -> None:
    """AWS's default security group has one inbound rule: it allows everything from its own members."""
    from moto.ec2.models.security_groups import SecurityGroupBackend

    original = SecurityGroupBackend.create_security_group

    def create_security_group(self: Any, name: str, *arguments: Any, **options: Any) -> Any:
        group = original(self, name, *arguments, **options)
        if options.get("is_default"):
            self.authorize_security_group_ingress(group.id, "-1", "", "", [], source_groups=[{"GroupId": group.id}])
        return group

    SecurityGroupBackend.create_security_group = create_security_group


@adjusts("ec2")
def end_every_network_acl_with_deny() -> None:
    """A new network ACL ends with a deny-all entry that cannot be removed; moto's has none."""
    from moto.ec2.models.network_acls import NetworkAclBackend

    original = NetworkAclBackend.create_network_acl

    def create_network_acl(self: Any, vpc_id: str, tags: Any = None, default: bool = False) -> Any:
        acl = original(self, vpc_id, tags, default)
        for egress in () if default else (True, False):
            self.create_network_acl_entry(acl.id, 32767, "-1", "deny", egress, "0.0.0.0/0", None, None, None, None, None)
        return acl

    NetworkAclBackend.create_network_acl = create_network_acl


@adjusts("ec2")
def find_the_log_group_in_the_destination() -> None:
    """A flow log may name its log group by ARN alone."""
    from moto.ec2.models.flow_logs import FlowLogsBackend

    original = FlowLogsBackend.create_flow_logs

    def create_flow_logs(self: Any, **options: Any) -> Any:
        destination = (options.get("log_destination") or "").removesuffix(":*")
        if ":log-group:" in destination:
            options |= {"log_destination": destination, "log_group_name": destination.split(":log-group:")[1]}
        return original(self, **options)

    FlowLogsBackend.create_flow_logs = create_flow_logs


@adjusts("ec2")
def write_ranges_as_aws_does() -> None:
    """EC2 normalizes address ranges: 10.0.0.5/24 becomes 10.0.0.0/24."""
    from moto.ec2.models import EC2Backend

    def wrap(method: str, parameter: str) -> None:
        original = getattr(EC2Backend, method)
        signature = inspect.signature(original)

        def canonical(self: Any, *arguments: Any, **options: Any) -> Any:
            bound = signature.bind(self, *arguments, **options)
            bound.arguments[parameter] = _canonical(bound.arguments.get(parameter))
            return original(*bound.args, **bound.kwargs)

        setattr(EC2Backend, method, canonical)

    for method in ("create_vpc", "create_subnet", "create_network_acl_entry"):
        wrap(method, "cidr_block")
    for method in ("create_route", "replace_route", "delete_route"):
        wrap(method, "destination_cidr_block")


def _canonical(text: str | None) -> str | None:
    try:
        return str(ipaddress.IPv4Network(text, strict=False)) if text else text
    except ValueError:
        return text


@adjusts("ec2")
def match_filters_as_aws_does() -> None:
    """A filter passes if any of the resource's values matches any of the filter's values; moto requires all of both."""
    from moto.ec2 import utils

    def is_filter_matching(resource: Any, name: str, wanted: Any) -> bool:
        value = resource.get_filter_value(name)
        if value is None or wanted is None:
            return False
        values = [value] if isinstance(value, str | bool | int | datetime) else list(value)
        patterns = [wanted] if isinstance(wanted, str) else wanted
        return any(matches_pattern(_as_filter_text(item), pattern) for item in values for pattern in patterns)

    utils.is_filter_matching = is_filter_matching


def _as_filter_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return str(value)


@adjusts("ec2")
def show_routes_that_lead_nowhere() -> None:
    """A route whose target was deleted remains, as a black hole."""
    from moto.ec2.models.route_tables import Route

    def state(self: Any) -> str:
        if self.nat_gateway is not None and not self.nat_gateway.in_use:
            return "blackhole"
        if str(self.gateway_id).startswith("igw-"):
            attached = self.gateway.vpc
            return "active" if attached and attached.id == self.route_table.vpc_id else "blackhole"
        return "active"

    Route.state = property(state)
