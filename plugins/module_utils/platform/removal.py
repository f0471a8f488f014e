# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Removing all that one component owns, whichever domain it belonged to: what the module platform_unclaimed runs."""

from __future__ import annotations

from typing import Any, NoReturn

from ansible_collections.mainstay.aws.plugins.module_utils.aws import component
from ansible_collections.mainstay.aws.plugins.module_utils.eks.component import KINDS as EKS
from ansible_collections.mainstay.aws.plugins.module_utils.eks.component import SERVICES as EKS_SERVICES
from ansible_collections.mainstay.aws.plugins.module_utils.network.component import KINDS as NETWORK
from ansible_collections.mainstay.aws.plugins.module_utils.network.component import SERVICES as NETWORK_SERVICES
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind

KINDS: dict[str, Kind] = {**NETWORK, **EKS}
"""The kinds of all domains. A domain that is not here leaves its things behind."""

SERVICES = tuple(dict.fromkeys((*NETWORK_SERVICES, *EKS_SERVICES)))
"""What a call talks to."""

__all__ = ["KINDS", "SERVICES", "run"]


def run(module: Any) -> NoReturn:
    """Delete everything of the component, or plan it. Refuses a component that the inventory claims."""
    params = module.params
    if params["component"] in params["claimed"]:
        module.fail_json(
            msg=f"component is {params['component']}, which a host of the inventory claims. Take the host out of the inventory first, or "
            "remove it with playbooks/destroy.yml. Nothing was changed."
        )
    params.update(
        state="absent", claimed=[], allow_replace=[], purge=[], adopt={}, moved={}, save_plan=None, apply_plan=None, check_quotas=False
    )
    component.run(module, component.Domain(KINDS, lambda _place: [], lambda _attributes: {}))
