# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Removing everything that one component owns, whichever domain it belonged to: what the module platform_unclaimed runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from ..aws.connection import Aws
from ..component.connect import check_options, connect
from ..component.domain import Checked, Domain
from ..component.run import run as run_component
from ..component.unclaimed import look
from ..domains.network.occupants import refusals
from ..domains.registry import DOMAINS as REGISTERED
from ..reconcile.errors import CallFailed
from ..reconcile.model import Kind
from ..reconcile.planner import Plan

DOMAINS: tuple[Mapping[str, Kind], ...] = tuple(one.details.kinds for one in REGISTERED)
"""The kinds of each domain."""

KINDS: dict[str, Kind] = {name: kind for domain in DOMAINS for name, kind in domain.items()}

SERVICES = tuple(dict.fromkeys(service for one in REGISTERED for service in one.details.services))
"""The services that a call uses."""

__all__ = ["KINDS", "SERVICES", "run"]


def run(module: Any) -> NoReturn:
    """Delete everything that the component owns, or plan it. Refuses a component that the inventory claims."""
    params = module.params
    if params["component"] in params["claimed"]:
        module.fail_json(
            msg=f"component is {params['component']}, which a host of the inventory claims. Remove the host from the inventory first, or "
            "remove it with playbooks/destroy.yml. Nothing was changed."
        )
    params.update(
        state="absent", claimed=[], allow_replace=[], purge=[], adopt={}, moved={}, save_plan=None, apply_plan=None, check_quotas=False
    )
    check_options(module)
    domain = Removal()
    domain.kinds = kinds_for(_addresses(module))
    run_component(module, lambda _params: domain)


class Removal(Domain):
    """Nothing is desired. A network in which a cluster runs is left intact."""

    def checks(self, plan: Plan, aws: Aws, _region: str) -> Checked:
        return Checked(refusals=refusals(plan, aws, everything=True))


def kinds_for(addresses: Iterable[str]) -> dict[str, Kind]:
    """The kinds of the domains to which these addresses belong; of all domains if the addresses do not determine them.

    So a user whose permissions cover only networks can remove one: kinds of other domains are not even read.
    """
    found = {address.partition(".")[0] for address in addresses}
    names = [set(domain) for domain in DOMAINS]
    own = [name - {other for one in names if one is not name for other in one} for name in names]
    chosen = [domain for domain, kinds in zip(DOMAINS, own, strict=True) if kinds & found]
    return {name: kind for domain in chosen or DOMAINS for name, kind in domain.items()}


def _addresses(module: Any) -> list[str]:
    """The component's addresses, as far as AWS's lists of tags and roles show them; empty if the lists cannot be read."""
    aws, _endpoint, _region = connect(module)
    try:
        return [one["address"] for one in look(aws, ()) if one["component"] == module.params["component"]]
    except CallFailed:
        return []  # reading each kind will report the error
    finally:
        aws.close()
