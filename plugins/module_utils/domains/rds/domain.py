# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The RDS domain: what the modules rds_postgres and rds_postgres_info run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ...component.domain import Domain, InvalidInput, Observation
from ...component.lookup import read_outputs
from ...component.run import run as run_component
from ...kinds.iam_role import IamRole
from ...kinds.kms_key import KmsKey
from ...kinds.security_group import SecurityGroup
from ...reconcile.model import Kind, Resource
from .settings.instance import Instance, read_network
from .validate import validate

SERVICES = ("sts", "rds", "ec2", "iam", "kms", "logs", "secretsmanager", "resourcegroupstaggingapi")
"""The services that every call contacts, even when it changes nothing."""


def kinds() -> dict[str, Kind]:
    others: tuple[Kind, ...] = (IamRole(), KmsKey(), SecurityGroup())
    return {kind.name: kind for kind in others}


KINDS: dict[str, Kind] = kinds()


class RdsDomain(Domain):
    """The instances of a component. Without ``databases`` (a look-up or a removal), nothing is desired and ``questions`` is empty."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.instances: dict[str, Instance] = {}
        if params.get("databases") and params.get("state") != "absent":
            network, problems = read_network(params["network"], "network")
            region = params.get("region") or ""
            self.instances, more = validate(params["databases"], "databases", params["environment"], params["component"], network, region)
            if problems + more:
                raise InvalidInput(problems + more)
        self.kinds = kinds()

    def resources(self, _observation: Observation) -> Sequence[Resource]:
        return []


def run(module: Any) -> NoReturn:
    """Bring the component's instances to the described state, or plan the changes."""
    run_component(module, RdsDomain)


def read(module: Any) -> NoReturn:
    """Return the outputs of the existing instances."""
    read_outputs(module, RdsDomain, described=module.params["databases"] is not None)
