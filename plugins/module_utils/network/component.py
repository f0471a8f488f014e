# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network domain put together: what the modules vpc_network and vpc_network_info run."""

from __future__ import annotations

from typing import Any, NoReturn

from ansible_collections.mainstay.aws.plugins.module_utils.aws import component
from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.iam import IamRole
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.kms import KmsKey
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.logs import FlowLog, LogGroup
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.routing import NetworkAcl, RouteTable
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.security_group import DefaultSecurityGroup, SecurityGroup
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.vpc import ElasticIp, InternetGateway, NatGateway, Subnet, Vpc
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.vpc_endpoint import VpcEndpoint
from ansible_collections.mainstay.aws.plugins.module_utils.network.outputs import outputs
from ansible_collections.mainstay.aws.plugins.module_utils.network.proposal import propose
from ansible_collections.mainstay.aws.plugins.module_utils.network.resources import Facts, build
from ansible_collections.mainstay.aws.plugins.module_utils.network.settings import Network
from ansible_collections.mainstay.aws.plugins.module_utils.network.validate import missing_zones, validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed, EngineError, failure
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Resource

SERVICES = ("sts", "ec2", "iam", "kms", "logs", "resourcegroupstaggingapi")
"""What a call talks to even when it changes nothing."""

KINDS: dict[str, Kind] = {
    kind.name: kind()
    for kind in (
        Vpc,
        Subnet,
        InternetGateway,
        ElasticIp,
        NatGateway,
        RouteTable,
        NetworkAcl,
        SecurityGroup,
        DefaultSecurityGroup,
        VpcEndpoint,
        FlowLog,
        LogGroup,
        KmsKey,
        IamRole,
    )
}


def run(module: Any) -> NoReturn:
    """Bring the component's networks about, or plan them."""
    networks = _validated(module)
    component.run(module, _domain(module, networks))


def read(module: Any) -> NoReturn:
    """Answer with the outputs of the networks that are there, or with what could be adopted into networks that are described."""
    if module.params["propose_for"]:
        propose_adoption(module)
    component.read_outputs(module, _domain(module, {}))


def propose_adoption(module: Any) -> NoReturn:
    """Answer with a proposal for the option ``adopt`` of vpc_network."""
    networks = _validated(module)
    aws, endpoint, region = component.connect(module)
    domain = _domain(module, networks)
    place, observed = component.look_around(module, aws, endpoint, region, domain)
    if problems := domain.problems(place):
        module.fail_json(msg="\n".join(problems))
    try:
        proposal = propose(aws, KINDS, domain.build(place), observed, module.params["propose_for"])
    except EngineError as error:
        module.fail_json(msg=str(error))
    except CallFailed as error:
        component.fail(module, [failure("", error)], "What is in the account could not be read.")
    found = sorted(seen.address for seen in observed)
    module.exit_json(changed=False, proposal=proposal, found=found, target=place.as_dict())
    raise AssertionError("exit_json does not return")


def _validated(module: Any) -> dict[str, Network]:
    if module.params.get("state") == "absent":
        return {}
    networks, problems = validate(module.params["networks"], "networks", module.params.get("region") or "")
    if problems:
        module.fail_json(msg="\n".join(problems))
    return networks


def _domain(module: Any, networks: dict[str, Network]) -> component.Domain:
    def desired(place: component.Place) -> list[Resource]:
        facts = Facts(
            environment=module.params["environment"],
            component=module.params["component"],
            region=place.region,
            account_id=place.account_id,
            partition=place.partition,
            tags=module.params.get("tags") or {},
            permissions_boundary=module.params.get("permissions_boundary"),
        )
        return build(networks, facts)

    def problems(place: component.Place) -> list[str]:
        return missing_zones(networks, place.region, place.known["zones"])

    return component.Domain(KINDS, desired, outputs, problems, {"zones": available_zones} if networks else {})


def available_zones(aws: Aws) -> list[str]:
    """The region's ordinary zones that the account may use; local zones and wavelength zones are left out."""
    filters = [{"Name": "zone-type", "Values": ["availability-zone"]}]
    return [zone["ZoneName"] for zone in aws.list_all("ec2", "describe_availability_zones", "AvailabilityZones", Filters=filters)]
