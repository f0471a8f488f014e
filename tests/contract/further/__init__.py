"""Samples beyond the smallest of each kind, for what these do not reach.

By role of the domain and by name. The smallest sample of the same kind has shown the rest: of a further one only those calls of each step
are tested that it does not make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Sample
from tests.contract.further import eks, network, shared

FURTHER: Mapping[str, Mapping[str, Callable[[Place], Sample]]] = {
    "vpc": {
        "tagged": network.vpc,
        "moved subnet": network.moved_subnet,
        "moved gateway": network.moved_nat_gateway,
        "regional": network.regional_nat_gateway,
        "busy table": network.route_table,
        "busy list": network.network_acl,
        "rules": shared.security_group,
        "everything": shared.role,
        "its use": shared.key,
        "its name": shared.key_without_its_name,
        "encrypted": shared.log_group,
    },
    "eks": {
        "updates": eks.cluster,
        "upgrade": eks.upgraded_cluster,
        "policies": eks.access_policies,
        "audience": eks.oidc_provider,
        "scaling": eks.scaled_nodes,
        "other machines": eks.other_nodes,
        "renewal": eks.renewed_nodes,
    },
}

ONE_WAY = ("upgrade", "renewal")
"""Samples of which a change cannot be taken back: they are only created, changed and deleted."""
