# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks the names by which a role's variables refer to the rest of the inventory: networks, tiers, hosts, and the role's own entries.

For roles whose resources are in a network of another component and have content that some host can reach.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..inputs.networks import Network
from ..inputs.problems import Problems, suggestion
from ..reconcile.model import UNKNOWN
from .described_network import ROUTINGS, routing_of

LOCAL = ("localhost", "127.0.0.1")
"""Hosts that need not be in the inventory."""

FOUND_LATER = Network((UNKNOWN, UNKNOWN), (UNKNOWN,))
"""Placeholder for a network that is looked up, or created, before the entries are."""


@dataclass(frozen=True)
class References:
    """What the variables of one role refer to.

    ``prefix``: of its variables. ``described``: the variable with its entries, each called ``entry``. ``host``: the variable that names
    the host from which their content is reached. ``tier``: the tier of a network that is used if none is named; ``not_public`` says why it
    must not be a public one.
    """

    prefix: str
    described: str
    entry: str
    host: str
    tier: str
    not_public: str

    def errors(self, variables: Mapping[str, Any]) -> list[str]:
        """Names missing from the inventory. A plan would not notice, because it may run before what they name exists."""
        inventory = variables.get("__platform_inventory") or {}
        problems = Problems()
        hosts = [*(inventory.get("hosts") or ()), *LOCAL]
        component, host = self._given(variables, "vpc_component") or "", variables.get(self.host) or ""
        networks = inventory.get("networks") or {}
        if networks and self._given(variables, "network"):
            self._check_network(variables, networks, problems)
        elif self._given(variables, "network") and component not in hosts and (near := difflib.get_close_matches(component, hosts, 1)):
            problems.add(f"{self.prefix}_vpc_component", component, f"the inventory has no such host; did you mean {near[0]}?")
        if inventory and host and host not in hosts:
            problems.add(self.host, host, f"the inventory has no such host; {suggestion(host, hosts)}")
        entries = variables[self.described]
        for name in self._given(variables, "content_adopt") or {}:
            if name not in entries:
                remedy = f"there is no such {self.entry}; {suggestion(name, list(entries))}"
                problems.add(f"{self.prefix}_content_adopt", name, remedy)
        return problems.messages

    def consent_errors(self, variables: Mapping[str, Any], consents: Mapping[str, Sequence[str]]) -> list[str]:
        """Consent for entries that do not exist would be consent for nothing: most likely a typo.

        ``consents``: variable of consent -> the names that it may have, besides ``*``.
        """
        problems = Problems()
        for variable, known in consents.items():
            for name in variables.get(variable) or ():
                if name != "*" and name not in known:
                    problems.add(variable, name, f"there is no such {self.entry}; {suggestion(str(name), list(known))}")
        return problems.messages

    def host_errors(self, variables: Mapping[str, Any]) -> list[str]:
        """The controller reads the secrets for another host with its own credentials, not as a role."""
        host, role = variables.get(self.host) or "", variables.get("platform_role_arn") or ""
        managed = self._given(variables, "manage_content")
        if not role or managed is False or host in ("", variables["inventory_hostname"]):
            return []
        return [
            f"{self.host} is '{host}', but platform_role_arn is set, and the secrets are read for another host without that role; run "
            f"Ansible where every {self.entry} can be reached, or give it credentials of the account"
        ]

    def _given(self, variables: Mapping[str, Any], name: str) -> Any:
        return variables.get(f"{self.prefix}_{name}")

    def _check_network(self, variables: Mapping[str, Any], networks: Mapping[str, Any], problems: Problems) -> None:
        """Check the network and the tier against the description of the network component."""
        name, tier = self._given(variables, "network"), self._given(variables, "network_tier") or self.tier
        if name not in networks:
            remedy = f"{self._given(variables, 'vpc_component')} describes no such network; {suggestion(str(name), list(networks))}"
            problems.add(f"{self.prefix}_network", name, remedy)
            return
        tiers = (networks[name] or {}).get("tiers") or dict.fromkeys(ROUTINGS)
        if tier not in tiers:
            remedy = f"network {name} has no such tier; {suggestion(str(tier), list(tiers))}"
            problems.add(f"{self.prefix}_network_tier", tier, remedy)
        elif routing_of(networks[name] or {}, tier) == "public":
            problems.add(f"{self.prefix}_network_tier", tier, self.not_public)
