# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From the variables of inventory hosts to the policies of each component, or of the whole environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..aws.grants import Names, Scope
from ..aws.place import Place
from ..component.options import VARIABLES
from ..component.platform_variables import PLACE
from ..domains.registry import DOMAINS, details_of, roles
from .documents import Document, policies

Hosts = Sequence[Mapping[str, Any]]

BOUNDARY = "platform_permissions_boundary"
REGIONS = "platform_further_regions"


def roles_of(host: Mapping[str, Any]) -> list[str]:
    """The roles that build a host: those of its groups that carry a role's name."""
    return [name for name in roles() if name in host["group_names"]]


def values_of(hosts: Hosts, variable: str) -> list[str]:
    return sorted({str(host.get(variable) or "") for host in hosts})


def boundaries_of(hosts: Hosts) -> list[str]:
    """The permissions boundaries of the hosts that a role builds."""
    return values_of([host for host in hosts if roles_of(host)], BOUNDARY)


def problems(hosts: Hosts, component: str = "") -> list[str]:
    """Why no policies can be written for these hosts, one sentence per reason."""
    if not hosts:
        return [f"the inventory has no host {component}; components are hosts" if component else "there are no hosts"]
    found = []
    for variable in PLACE:
        values = values_of(hosts, variable)
        if len(values) > 1:
            listed = ", ".join(value or "(not set)" for value in values)
            found.append(
                f"{variable} must be the same for all hosts, but is {listed}; name one component, or --limit the run to hosts that agree"
            )
        elif not values[0]:
            found.append(f"{variable} is not set, but must be {VARIABLES[variable].wanted}")
        elif problem := VARIABLES[variable].problem(values[0]):
            found.append(f"{variable} {problem}")
    if not any(roles_of(host) for host in hosts):
        found.append(f"no host is in a group that is named after a role ({', '.join(roles())}), so nothing would be created")
    wrong = [(host["inventory_hostname"], VARIABLES[REGIONS].problem(regions_of(host))) for host in hosts]
    found += [f"{REGIONS} of {name} {problem}" for name, problem in wrong if problem]
    bounds = boundaries_of(hosts)
    if len(bounds) > 1:
        found.append(f"the permissions boundary must be the same for all hosts, but is {', '.join(one or '(none)' for one in bounds)}")
    elif bounds and bounds[0] and (problem := VARIABLES[BOUNDARY].problem(bounds[0])):
        found.append(f"{BOUNDARY} {problem}")
    return found


def components_of(hosts: Hosts) -> dict[str, list[Mapping[str, Any]]]:
    """The hosts that a role builds, grouped by the component that they own."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for host in hosts:
        if roles_of(host):
            found.setdefault(component_of(host), []).append(host)
    return found


def scope_of(hosts: Hosts, component: str, partition_of: Callable[[str], str]) -> Scope:
    """The scope of these hosts' policies. The hosts must have no problems. Without a component, the scope is the whole environment."""
    environment, region, account_id = (values_of(hosts, variable)[0] for variable in PLACE)
    place = Place(environment, component, region, account_id, partition_of(region), permissions_boundary=boundaries_of(hosts)[0] or None)
    return Scope(place, attachable=own_policies(hosts), names=names_of(hosts, environment))


def names_of(hosts: Hosts, environment: str) -> Names:
    """The AWS resource names in the inventory for these hosts."""
    found = Names()
    for host in hosts:
        found += Names(regions=tuple(regions_of(host)) if roles_of(host) else ())
        for domain in DOMAINS:
            if domain.role in roles_of(host) and (described := host.get(domain.named_in or domain.variable)):
                found += domain.details.names(described, environment, component_of(host))
    return found


def regions_of(host: Mapping[str, Any]) -> list[str]:
    """The further regions that a host names for all its resources. Those that only its settings name come from its domain."""
    given = host.get(REGIONS) or []
    return [region for region in given if isinstance(region, str)] if isinstance(given, list | tuple) else []


def component_of(host: Mapping[str, Any]) -> str:
    return str(host.get("platform_component") or host["inventory_hostname"])


def unbounded(hosts: Hosts) -> bool:
    """Whether roles that these hosts create have no permissions boundary."""
    return "" in boundaries_of(hosts)


def own_policies(hosts: Hosts) -> tuple[str, ...]:
    """The managed policies that the inventory attaches to cluster roles: those of nodes and those of pods."""
    described = [host.get("eks_clusters") for host in hosts]
    clusters = [one for given in described if isinstance(given, Mapping) for one in given.values() if isinstance(one, Mapping)]
    pods = [pod for one in clusters for kind in ("pod_identities", "irsa_roles") for pod in (one.get(kind) or {}).values() if pod]
    found = [one.get("node_managed_policy_arns") or () for one in clusters] + [pod.get("managed_policy_arns") or () for pod in pods]
    return tuple(sorted({str(arn) for arns in found for arn in arns}))


def policies_of(hosts: Hosts, component: str, partition_of: Callable[[str], str]) -> dict[str, list[Document]]:
    """{"plan": documents, "apply": documents} of these hosts, restricted to a component or, without one, to their environment."""
    names = {role for host in hosts for role in roles_of(host)}
    return policies(details_of(names), scope_of(hosts, component, partition_of), details_of(looked_up(hosts) - names))


def looked_up(hosts: Hosts) -> set[str]:
    """The roles whose outputs these hosts look up, if they run without them."""
    built = [(domain, host) for host in hosts for domain in DOMAINS if domain.role in roles_of(host)]
    return {role for domain, host in built for role in domain.details.lookups(host)}
