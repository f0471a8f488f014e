# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network domain's entry in the registry of domains."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.operations import operations
    from ...kinds.permissions import UNUSED
    from .domain import KINDS, SERVICES
    from .names import names
    from .permissions import PERMISSIONS
    from .samples import samples

    return Details(
        kinds=KINDS,
        services=SERVICES,
        permissions=PERMISSIONS,
        reads={
            "availability zones": operations("ec2", "describe_availability_zones"),
            "sizes of prefix lists": operations("ec2", "describe_managed_prefix_lists"),
            "endpoint services": operations("ec2", "describe_vpc_endpoint_services"),
            "what is in the networks": (
                *operations("ec2", "describe_network_interfaces describe_vpcs"),
                *operations("eks", "describe_cluster list_clusters"),
                *operations("rds", "describe_db_instances"),
            ),
        },
        unused={
            "iam:AttachRolePolicy": "the role of the flow logs has no managed policies",
            "iam:UpdateRole": "the role of the flow logs has no description",
            **UNUSED,
        },
        names=names,
        samples=samples,
    )


REGISTRATION = Registration(
    name="network",
    role="vpc",
    variable="vpc_networks",
    order=(
        "vpc",
        "internet_gateway",
        "egress_only_internet_gateway",
        "subnet",
        "elastic_ip",
        "nat_gateway",
        "route_table",
        "network_acl",
        "default_network_acl",
        "default_security_group",
        "security_group",
        "vpc_endpoint",
        "flow_log",
    ),
    load=load,
)
