"""What nodes reach from their subnets: without a route to the world or AWS's endpoints, they never join."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import backend

WORLD = "0.0.0.0/0"
NEEDED = ("ec2", "ecr.api", "ecr.dkr", "s3")


def reaches_aws(group: Any) -> bool:
    """Whether the nodes of a group reach AWS from all of their subnets.

    A VPC that is connected to nothing at all, as in tests of the EKS API alone, counts as one that does.
    """
    ec2 = backend("ec2", group.rehearsal_account, group.region)
    subnets = [subnet for by_id in ec2.subnets.values() for subnet in by_id.values() if subnet.id in group.subnets]
    return all(_leads_out(ec2, subnet) for subnet in subnets if _is_connected(ec2, subnet.vpc_id))


def _is_connected(ec2: Any, vpc: str) -> bool:
    attached = any(getattr(gateway.vpc, "id", None) == vpc for gateway in ec2.internet_gateways.values())
    return attached or bool(_services(ec2, vpc))


def _services(ec2: Any, vpc: str) -> set[str]:
    endpoints = [endpoint for endpoint in ec2.vpc_end_points.values() if endpoint.vpc_id == vpc and endpoint.state != "deleted"]
    return {str(endpoint.service_name).split(".", 3)[-1] for endpoint in endpoints}


def _leads_out(ec2: Any, subnet: Any) -> bool:
    tables = [table for table in ec2.route_tables.values() if table.vpc_id == subnet.vpc_id]
    own = [table for table in tables if subnet.id in table._associations.values()]
    main = [table for table in tables if table.main_association_id is not None]
    for table in own or main:
        for route in table.routes:
            if route.destination_cidr_block != WORLD:
                continue
            if not str(route.gateway_id or "").startswith("igw-") or str(subnet.map_public_ip_on_launch).lower() == "true":
                return True
    return _services(ec2, subnet.vpc_id) >= set(NEEDED)
