# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network domain: the implementation of the modules vpc_network and vpc_network_info."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...component.connect import connect, fail
from ...component.consent import consent_of
from ...component.domain import Checked, Domain, InvalidInput, Observation
from ...component.lookup import read_outputs
from ...component.outputs import Attributes
from ...component.run import domain_of, read_state
from ...component.run import run as run_component
from ...kinds.iam_role import IamRole
from ...kinds.kms_key import KmsKey
from ...kinds.log_group import LogGroup
from ...kinds.security_group import DefaultSecurityGroup, SecurityGroup
from ...reconcile.errors import CallFailed, EngineError, failure
from ...reconcile.model import Kind, Observed, Resource
from ...reconcile.planner import Plan
from .continuity import with_blocks_in_use, with_present_places
from .endpoint_places import endpoint_notes, misplaced_endpoints, services_to_ask, with_offered_endpoints
from .ipv6 import with_present_ipv6
from .kinds.default_acl import DefaultNetworkAcl
from .kinds.egress_only import EgressOnlyInternetGateway
from .kinds.flow_log import FlowLog
from .kinds.routing import NetworkAcl, RouteTable
from .kinds.subnet import Subnet
from .kinds.vpc import ElasticIp, InternetGateway, NatGateway, Vpc
from .kinds.vpc_endpoint import VpcEndpoint
from .occupants import refusals, refused_blocks, refused_ipv6
from .outputs import inside_their_network, outputs
from .own_addresses import addresses_there, unusable_addresses, wanted_addresses, with_addresses
from .prefix_lists import ids_of, named, with_ids
from .prefix_lists import missing as missing_lists
from .proposal import propose
from .resources import build
from .services import EndpointService, service_name, services_of
from .settings import Network
from .validate import missing_services, missing_zones, validate

SERVICES = ("sts", "ec2", "iam", "kms", "logs", "resourcegroupstaggingapi")
"""The services that every call contacts, even one that changes nothing."""

KINDS: dict[str, Kind] = {
    kind.name: kind()
    for kind in (
        Vpc,
        Subnet,
        InternetGateway,
        EgressOnlyInternetGateway,
        ElasticIp,
        NatGateway,
        RouteTable,
        NetworkAcl,
        DefaultNetworkAcl,
        SecurityGroup,
        DefaultSecurityGroup,
        VpcEndpoint,
        FlowLog,
        LogGroup,
        KmsKey,
        IamRole,
    )
}


class NetworkDomain(Domain):
    """The networks of a component. Without ``networks`` (a lookup or a removal) nothing is desired and no zones are looked up."""

    kinds = KINDS

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.networks: dict[str, Network] = {}
        self.consent = consent_of(params)
        self.absent = params.get("state") == "absent"
        if params.get("networks") and params.get("state") != "absent":
            self.networks, problems = validate(params["networks"], "networks", params.get("region") or "")
            if problems:
                raise InvalidInput(problems)

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        if not self.networks:
            return {}
        found: dict[str, Callable[[Aws], Any]] = {"zones": available_zones}
        services = sorted({one for network in self.networks.values() for one in services_to_ask(network)})
        if services:
            found["services"] = lambda aws: endpoint_services(aws, services)
        if lists := named(self.networks.values()):
            found["prefix lists"] = lambda aws: ids_of(aws, lists)
        if addresses := wanted_addresses(self.networks.values()):
            found["addresses"] = lambda aws: addresses_there(aws, addresses)
        return found

    def problems(self, observation: Observation) -> Sequence[str]:
        if not self.networks:
            return []
        place, answers = observation.place, observation.answers
        return [
            *missing_zones(self.networks, place.region, answers["zones"]),
            *missing_services(self.networks, place, answers.get("services") or {}),
            *misplaced_endpoints(self.networks, place, answers.get("services") or {}),
            *missing_lists(self.networks, answers.get("prefix lists") or {}, place.region),
            *unusable_addresses(self.networks, answers.get("addresses") or (), observation.observed, place.region),
        ]

    def notes(self, observation: Observation) -> Sequence[str]:
        notes = endpoint_notes(self.networks, observation.place, observation.answers.get("services") or {})
        staying = with_present_ipv6(self.networks, observation.observed, self.may_go)[1]
        return [*notes, *with_blocks_in_use(self.networks, observation.observed, self.may_go)[1], *staying]

    def may_go(self, address: str) -> bool:
        kind = self.kinds[address.partition(".")[0]]
        return self.consent.allows("replace", kind, address) or self.consent.allows("delete", kind, address)

    def belonging(self, observed: Sequence[Observed]) -> Sequence[Observed]:
        return inside_their_network(observed)

    def resources(self, observation: Observation) -> Sequence[Resource]:
        networks = with_offered_endpoints(self.networks, observation.place, observation.answers.get("services") or {})
        networks = with_addresses(networks, observation.answers.get("addresses"), observation.observed)
        networks = with_ids(networks, observation.answers.get("prefix lists") or {})
        networks, _notes = with_blocks_in_use(networks, observation.observed, self.may_go)
        networks, _notes = with_present_ipv6(networks, observation.observed, self.may_go)
        return build(with_present_places(networks, observation.observed), observation.place)

    def checks(self, plan: Plan, aws: Aws, _region: str) -> Checked:
        found = refusals(plan, aws, self.absent)
        return Checked(late=found) if self.absent else Checked(refusals=[*found, *refused_blocks(plan, aws), *refused_ipv6(plan, aws)])

    def outputs(self, attributes: Attributes) -> dict[str, Any]:
        return outputs(attributes, [name for name, network in self.networks.items() if not network.ipv6])


class DescribedNetworks(NetworkDomain):
    """The same for a lookup. It creates nothing, so it does not query which zones the account may use."""

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        return {}


def run(module: Any) -> NoReturn:
    """Bring the component's networks to the described state, or plan the changes."""
    run_component(module, NetworkDomain)


def read(module: Any) -> NoReturn:
    """Return the outputs of the existing networks, or a proposal of what the described networks could adopt."""
    if module.params["propose_for"]:
        propose_adoption(module)
    read_outputs(module, DescribedNetworks, described=module.params["networks"] is not None)


def propose_adoption(module: Any) -> NoReturn:
    """Return a proposal for the option ``adopt`` of vpc_network."""
    domain = domain_of(module, NetworkDomain)
    aws, endpoint, region = connect(module)
    observation = read_state(module, aws, endpoint, region, domain)
    if problems := domain.problems(observation):
        module.fail_json(msg="\n".join(problems))
    try:
        proposal = propose(aws, KINDS, domain.resources(observation), observation.observed, module.params["propose_for"])
    except EngineError as error:
        module.fail_json(msg=str(error))
    except CallFailed as error:
        fail(module, [failure("", error)], "The resources in the account could not be read.")
    found = sorted(seen.address for seen in observation.observed)
    module.exit_json(changed=False, proposal=proposal, found=found, target=observation.place.as_dict())
    raise AssertionError("exit_json does not return")


def available_zones(aws: Aws) -> list[str]:
    """The region's availability zones that the account can use, without Local Zones and Wavelength Zones."""
    filters = [{"Name": "zone-type", "Values": ["availability-zone"]}]
    return [zone["ZoneName"] for zone in aws.list_all("ec2", "describe_availability_zones", "AvailabilityZones", Filters=filters)]


def endpoint_services(aws: Aws, wanted: Sequence[tuple[str, str]]) -> dict[str, EndpointService]:
    """The requested endpoint services (name, Interface or Gateway) that exist or, if any is missing, all that the region offers."""
    meta = aws.client("ec2").meta
    names = sorted({service_name(service, sort, meta.region_name, meta.partition) for service, sort in wanted})
    list_call = ("ec2", "describe_vpc_endpoint_services", "ServiceDetails")
    found = aws.list_all(*list_call, Filters=[{"Name": "service-name", "Values": names}])
    if len({one["ServiceName"] for one in found}) < len(names):
        found += aws.list_all(*list_call)
    return services_of(found)
