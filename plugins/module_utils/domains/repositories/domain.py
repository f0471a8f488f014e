# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The domain of repositories: what the modules ecr_repositories and ecr_repositories_info run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...component.domain import Checked, Domain, InvalidInput, Observation
from ...component.lookup import read_outputs
from ...component.outputs import Attributes
from ...component.run import run as run_component
from ...kinds.kms_key import KmsKey
from ...reconcile.errors import Failure
from ...reconcile.model import Kind, Observed, Resource
from ...reconcile.planner import Plan
from .kinds.deployed import deployed_tags, users
from .kinds.ecr_repository import EcrRepository
from .outputs import outputs
from .resources import build
from .scanning import scanning_notes
from .settings.repositories import Repository
from .validate import validate

SERVICES = ("sts", "ecr", "kms", "resourcegroupstaggingapi")
"""The services that every call contacts, even when it changes nothing."""

DEPLOYED = "ImagesDeployed"
SCANNING = "scanning"


def kinds(names: Collection[str] = (), with_deployed: bool = False) -> dict[str, Kind]:
    found: tuple[Kind, ...] = (KmsKey(), EcrRepository(names, with_deployed))
    return {kind.name: kind for kind in found}


KINDS: dict[str, Kind] = kinds()


class RepositoriesDomain(Domain):
    """The repositories of a component. Without ``repositories`` (a look-up or a removal), nothing is desired."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.repositories: dict[str, Repository] = {}
        self.environment = str(params["environment"])
        self.absent = params.get("state") == "absent"
        if params.get("repositories") is not None and not self.absent:
            self.repositories, problems = validate(params["repositories"], "repositories", self.environment, params["component"])
            if problems:
                raise InvalidInput(problems)
        self.kinds = kinds([one.aws_name for one in self.repositories.values()], bool(params.get("deployed")))

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        return {SCANNING: scanning} if any(one.scan_on_push for one in self.repositories.values()) else {}

    def resources(self, observation: Observation) -> Sequence[Resource]:
        return build(self.repositories, observation.place)

    def notes(self, observation: Observation) -> Sequence[str]:
        scanned = [one.aws_name for one in self.repositories.values() if one.scan_on_push]
        return list(scanning_notes(observation.answers.get(SCANNING) or {}, scanned))

    def checks(self, plan: Plan, aws: Aws, _region: str) -> Checked:
        """Refuse to delete images that are deployed. When everything is removed, the environment's own applications do not count."""
        leaving = [action.remove for action in plan.permitted if action.remove and action.remove.kind == "ecr_repository"]
        tags = aws.map(lambda seen: deployed_tags(aws, seen.id), leaving)
        excepted = self.environment if self.absent else ""
        return Checked(
            refusals=[one for seen, some in zip(leaving, tags, strict=True) for one in refusals(seen, users(some, excepted))],
        )

    def findings(self, observed: Sequence[Observed]) -> dict[str, Any]:
        found = [one for seen in observed for one in refusals(seen, users(seen.attributes.get("deployed") or (), self.environment))]
        return {"protected": [str(one) for one in found]}

    def outputs(self, attributes: Attributes) -> dict[str, Any]:
        return outputs(attributes)


def scanning(aws: Aws) -> dict[str, Any]:
    """The registry's scanning configuration."""
    found: dict[str, Any] = aws.read("ecr", "get_registry_scanning_configuration").get("scanningConfiguration") or {}
    return found


def refusals(seen: Observed, by: Sequence[str]) -> Iterator[Failure]:
    """Why a repository must not be deleted: others have deployed its images."""
    if by:
        text = f"{', '.join(by)} deployed images of the repository {seen.id}"
        hint = f"Remove these applications first, or the tags that begin with deployed- in {seen.id}. Nothing was changed."
        yield Failure(seen.address, "", DEPLOYED, text, hint)


def run(module: Any) -> NoReturn:
    """Bring the component's repositories to the described state, or plan the changes."""
    run_component(module, RepositoriesDomain)


def read_found(module: Any) -> NoReturn:
    """Return the outputs of the existing repositories."""
    read_outputs(module, RepositoriesDomain, described=module.params["repositories"] is not None)
