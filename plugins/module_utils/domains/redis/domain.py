# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ElastiCache domain: what the modules elasticache_redis and elasticache_redis_info run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...component.domain import Checked, Domain, InvalidInput, Observation, Verdict
from ...component.lookup import read_outputs
from ...component.outputs import Attributes
from ...component.present_names import with_present_names
from ...component.run import run as run_component
from ...inputs.networks import Network, read_network
from ...inputs.problems import Problems
from ...kinds.secret import Secret
from ...reconcile.model import Kind, Resource
from ...reconcile.planner import Plan
from . import login
from .judge import objections
from .keeping import KEY_KIND, deleted, remains, removed
from .kinds.cache_key import CacheKey, needed
from .kinds.cache_log_group import CacheLogGroup
from .kinds.cache_parameter_group import CacheParameterGroup
from .kinds.cache_subnet_group import CacheSubnetGroup
from .kinds.cache_user import CacheUser
from .kinds.cache_user_group import CacheUserGroup
from .kinds.replication_group import ReplicationGroup
from .names import secret_names
from .notes import notes
from .outputs import outputs
from .questions import questions
from .resources import NAMES, Known, build
from .settings.cache import Cache, read
from .validate import validate

SERVICES = ("sts", "elasticache", "kms", "logs", "secretsmanager", "resourcegroupstaggingapi")
"""The services that every call contacts, even when it changes nothing."""

ALL = "*"


def kinds(final: Mapping[str, bool] | None = None, secrets: Sequence[str] = ()) -> dict[str, Kind]:
    """The kinds of the domain. ``final``: identifier -> whether it leaves a final snapshot. ``secrets``: the names of described
    secrets, whose new values clients can read once the caches accept them.
    """
    found: tuple[Kind, ...] = (
        CacheKey(),
        Secret(secrets, secrets),
        CacheSubnetGroup(),
        CacheParameterGroup(),
        CacheLogGroup(),
        CacheUser(),
        CacheUserGroup(),
        ReplicationGroup(final),
    )
    return {kind.name: kind for kind in found}


KINDS: dict[str, Kind] = kinds()


class RedisDomain(Domain):
    """The caches of a component. Without ``caches`` (a look-up or a removal), nothing is desired and ``questions`` is empty."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.caches: dict[str, Cache] = {}
        self.environment, self.component = params["environment"], params["component"]
        self.allowed = tuple(params.get("allow_upgrade") or ())
        if params.get("caches") and params.get("state") != "absent":
            network, problems = read_network(params["network"], "network")
            self.caches, more = validate(params["caches"], "caches", self.environment, network)
            if problems + more:
                raise InvalidInput(problems + more)
        described = self.caches or read(params.get("caches"), "caches", self.environment, Network(), Problems())
        self.final = {one.identifier: one.deletion.final_snapshot for one in described.values()}
        self.kinds = kinds(self.final, secret_names(self.caches, self.environment, self.component))

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        return questions(self.caches, self.environment, self.component)

    def problems(self, observation: Observation) -> Sequence[str]:
        return objections(self.caches, observation.observed, observation.answers, self.may_upgrade)

    def may_upgrade(self, name: str) -> bool:
        return ALL in self.allowed or name in self.allowed

    def resources(self, observation: Observation) -> Sequence[Resource]:
        tokens = {name: str(one["version"]) for name, one in (observation.answers.get("tokens") or {}).items()}
        snapshots = {name: found for name, found in (observation.answers.get("snapshots") or {}).items() if found}
        there = {seen.address: seen for seen in observation.observed}
        known = Known(there, snapshots, tokens, observation.answers.get("defaults") or {})
        return with_present_names(build(self.caches, observation.place, known), observation.observed, NAMES)

    def notes(self, observation: Observation) -> Sequence[str]:
        return notes(self.caches, observation.observed)

    def checks(self, plan: Plan, aws: Aws, _region: str) -> Checked:
        """Say what the plan keeps of what it deletes, and what is open until it is complete."""
        keys = needed(aws, removed(plan)) if deleted(plan, KEY_KIND) else {}
        return Checked(warnings=[*login.warnings(plan), *remains(plan, self.final, keys)])

    def guard(self, _aws: Aws, _observation: Observation, plan: Plan) -> Verdict:
        return login.guard(plan, login.ping)

    def outputs(self, attributes: Attributes) -> dict[str, Any]:
        return outputs(attributes, {name: one.topology.clustered for name, one in self.caches.items()})


def run(module: Any) -> NoReturn:
    """Bring the component's caches to the described state, or plan the changes."""
    run_component(module, RedisDomain)


def read_found(module: Any) -> NoReturn:
    """Return the outputs of the existing caches."""
    read_outputs(module, RedisDomain, described=module.params["caches"] is not None)
