# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The host names of an application as a domain of the engine: what the module app_addresses runs.

The load balancer exists only after the application has been deployed, and its name is in the status of the Ingress. So a plan for a new
application shows records with an alias that is not known yet.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...cluster_objects.link import Calls, calling, link_of
from ...cluster_objects.manifest import Marks
from ...cluster_objects.options import CONNECTION
from ...component.domain import Domain, Observation
from ...component.options import CHANGE, OWNER, PATIENCE, shared
from ...component.outputs import Attributes
from ...component.run import run as run_component
from ...kubernetes.problems import NotFound
from ...reconcile.errors import CallFailed
from ...reconcile.model import UNKNOWN, Kind, Resource, is_unknown
from ..dns.records.domain_names import normal
from .alias_records import AliasRecords, zone_of, zones

SERVICES = ("sts", "eks", "elbv2", "route53")
EVERY_HOST = "*"
POLL_SECONDS = 1.0


def argument_spec() -> dict[str, Any]:
    return {
        **shared(*OWNER, *CHANGE, *PATIENCE),
        **CONNECTION,
        "namespace": {"type": "str", "required": True},
        "hosts": {"type": "list", "elements": "str", "default": []},
        "domains": {"type": "list", "elements": "str", "default": []},
        "internal": {"type": "bool", "default": False},
        "manage_records": {"type": "bool", "default": True},
        "adopt_records": {"type": "bool", "default": False},
        "web_acl": {"type": "str", "default": ""},
        "address_timeout": {"type": "float", "default": 300.0},
    }


@dataclass(frozen=True)
class Balancer:
    """A load balancer: its name in DNS, and what elbv2 says of it. Everything is unknown until it exists.

    ``web_acl``: the ARN of the web ACL that protects it, if one is expected; empty if none does.
    """

    host_name: str = UNKNOWN
    arn: str = UNKNOWN
    zone_id: str = UNKNOWN
    web_acl: str = UNKNOWN

    def output(self) -> dict[str, str]:
        return {"host_name": self.host_name, "arn": self.arn, "zone_id": self.zone_id}


@dataclass(frozen=True)
class Placed:
    """The host names by the domain of their zone, the IDs of the zones, and the host names that no zone contains."""

    by_domain: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    nowhere: Sequence[str] = ()


def place(hosts: Iterable[str], listed: Sequence[Mapping[str, Any]], described: Iterable[str], private: bool) -> Placed:
    """Assign host names to zones. ``described``: the domains of zones that the inventory describes, which may not exist yet."""
    there = {normal(one["Name"]) for one in listed}
    config = {"Config": {"PrivateZone": private}}
    every = [*listed, *({"Name": domain, "Id": UNKNOWN, **config} for domain in map(normal, described) if domain not in there)]
    by_domain: dict[str, list[str]] = {}
    ids: dict[str, str] = {}
    nowhere = []
    for host in dict.fromkeys(hosts):
        if host == EVERY_HOST:
            continue
        zone = zone_of(host, every, private)
        if zone is None:
            nowhere.append(host)
        else:
            by_domain.setdefault(normal(zone["Name"]), []).append(host)
            ids[normal(zone["Name"])] = str(zone["Id"])
    return Placed(by_domain, ids, nowhere)


def record_of(balancer: Balancer) -> dict[str, Any]:
    return {"alias": {"name": balancer.host_name, "zone_id": balancer.zone_id, "evaluate_target_health": True}}


class AddressDomain(Domain):
    """The records of one application. ``answers``: ``balancer`` and ``zones``."""

    def __init__(self, params: Mapping[str, Any], check_mode: bool) -> None:
        self.params = params
        self.absent = params["state"] == "absent"
        self.waits = not check_mode and not self.absent
        self.asked = bool(params["hosts"] or params["web_acl"])
        self.inside = link_of(params, needed=False)
        self.marks = Marks(params["environment"], params["component"])
        kind = AliasRecords(params["adopt_records"])
        self.kinds: Mapping[str, Kind] = {kind.name: kind}
        self.balancer = Balancer()
        self.placed = Placed()

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        if self.absent or not self.asked:
            return {}
        return {"balancer": self._find_balancer, "zones": zones}

    def resources(self, observation: Observation) -> Sequence[Resource]:
        if self.absent or not self.asked:
            return ()
        self.balancer = observation.answers["balancer"]
        if not self.params["manage_records"]:
            return ()
        self.placed = place(self.params["hosts"], observation.answers["zones"], self.params["domains"], self.params["internal"])
        return [
            Resource("alias_records", domain, {"zone_id": self.placed.ids[domain], "records": self._records(hosts)})
            for domain, hosts in self.placed.by_domain.items()
        ]

    def _records(self, hosts: Sequence[str]) -> dict[str, Any]:
        return {f"{host} A": record_of(self.balancer) for host in sorted(hosts)}

    def notes(self, observation: Observation) -> Sequence[str]:
        self.resources(observation)
        target = f"a CNAME record to {self.balancer.host_name}"
        nowhere = [
            f"No hosted zone of this account contains {one}: give it {target} where its domain is kept" for one in self.placed.nowhere
        ]
        return [*unprotected(self.params["web_acl"], self.balancer), *nowhere]

    def outputs(self, _attributes: Attributes) -> dict[str, Any]:
        hosts = {host: domain for domain, several in self.placed.by_domain.items() for host in several}
        return {"load_balancer": self.balancer.output() if self.asked else {}, "zones": hosts}

    # -- the load balancer -----------------------------------------------------------------------------------------------------------

    def _find_balancer(self, aws: Aws) -> Balancer:
        """The load balancer that the application's Ingress got. An apply waits for it, a plan does not."""
        api = self.inside.reach(aws)
        deadline = time.monotonic() + float(self.params["address_timeout"])
        while True:
            name = host_name_in(calling(lambda: self._ingresses(api))) if api else ""
            found = self._protected(aws, balancer_in(name, self._balancers(aws))) if name else None
            if not self.waits or (found and not list(unprotected(self.params["web_acl"], found))):
                return found or Balancer()
            if time.monotonic() > deadline:
                if found:
                    text = " ".join(unprotected(self.params["web_acl"], found))
                    raise CallFailed(text, "wafv2:GetWebACLForResource", "Unprotected", "kubectl describe ingress shows why.")
                raise CallFailed(
                    f"the Ingress in namespace {self.params['namespace']} has no load balancer after {self.params['address_timeout']:g} s",
                    hint="kubectl describe ingress shows what the load balancer controller says.",
                )
            time.sleep(POLL_SECONDS)

    def _protected(self, aws: Aws, balancer: Balancer | None) -> Balancer | None:
        """The load balancer with its web ACL. The controller associates it after the load balancer exists."""
        if balancer is None or not self.params["web_acl"]:
            return balancer
        found = aws.find("wafv2", "get_web_acl_for_resource", ResourceArn=balancer.arn) or {}
        return replace(balancer, web_acl=str((found.get("WebACL") or {}).get("ARN") or ""))

    def _ingresses(self, api: Calls) -> list[dict[str, Any]]:
        path = f"/apis/networking.k8s.io/v1/namespaces/{self.params['namespace']}/ingresses"
        try:
            return list(api.list(path, labelSelector=self.marks.selector).items)
        except NotFound:
            return []

    def _balancers(self, aws: Aws) -> list[Mapping[str, Any]]:
        return aws.list_all("elbv2", "describe_load_balancers", "LoadBalancers")


def unprotected(wanted: str, balancer: Balancer) -> Iterator[str]:
    """Nothing if the load balancer has the web ACL that its Ingress names, or if either is not known yet."""
    if wanted and not is_unknown(wanted) and not is_unknown(balancer.web_acl) and balancer.web_acl != wanted:
        has = f"has {balancer.web_acl}" if balancer.web_acl else "has no web ACL"
        yield (
            f"The load balancer {balancer.host_name} should have the web ACL {wanted}, but {has}. The AWS Load Balancer Controller "
            "associates it; versions before 2.8.2 take it away again"
        )


def host_name_in(ingresses: Iterable[Mapping[str, Any]]) -> str:
    """The name in DNS of the load balancer of these Ingresses; empty as long as there is none."""
    found = ((one.get("status") or {}).get("loadBalancer") or {} for one in ingresses)
    names = [entry.get("hostname") for status in found for entry in status.get("ingress") or () if entry.get("hostname")]
    return str(names[0]) if names else ""


def balancer_in(name: str, listed: Iterable[Mapping[str, Any]]) -> Balancer | None:
    """The load balancer with this name in DNS, which is the same in any case."""
    for one in listed:
        if str(one.get("DNSName") or "").lower() == name.lower():
            return Balancer(normal(str(one["DNSName"])), str(one["LoadBalancerArn"]), str(one["CanonicalHostedZoneId"]))
    return None


def run(module: Any) -> NoReturn:
    """Bring the records to the described state, or plan the changes."""
    module.params["check_quotas"] = False
    run_component(module, lambda params: AddressDomain(params, module.check_mode))
