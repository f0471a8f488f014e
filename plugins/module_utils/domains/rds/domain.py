# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The RDS domain: what the modules rds_postgres and rds_postgres_info run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...component.domain import Checked, Domain, InvalidInput, Observation
from ...component.lookup import read_outputs
from ...component.outputs import Attributes
from ...component.present_names import with_present_names
from ...component.run import run as run_component
from ...inputs.networks import Network, read_network
from ...inputs.problems import Problems
from ...kinds.iam_role import IamRole
from ...kinds.secret import Secret
from ...kinds.security_group import SecurityGroup
from ...reconcile.model import Kind, Observed, Resource
from ...reconcile.planner import Plan
from . import further_regions, promotions, replication
from .facts import AwsFacts
from .judge import objections
from .keeping import gone_with_backups, looked_in, remains, removed
from .kinds.backup_replication import BackupReplication
from .kinds.data_key import DataKey, needed
from .kinds.db_instance import DbInstance, DbReplica
from .kinds.db_instance_options import Options
from .kinds.db_instance_restarts import changes_certificate, of_plan
from .kinds.db_log_group import DbLogGroup
from .kinds.db_parameter_group import DbParameterGroup
from .kinds.db_proxy import DbProxy
from .kinds.db_subnet_group import DbSubnetGroup
from .names import regions, secret_names
from .notes import notes
from .outputs import outputs
from .protection import protected, refusals
from .questions import questions, rotating
from .resources import NAMES, build
from .settings.instance import Instance, read
from .validate import validate

SERVICES = ("sts", "rds", "ec2", "iam", "kms", "logs", "secretsmanager", "resourcegroupstaggingapi")
"""The services that every call contacts, even when it changes nothing."""

ALL = "*"


def kinds(options: Mapping[str, Options] | None = None, secrets: Sequence[str] = (), pending: Sequence[str] = ()) -> dict[str, Kind]:
    """The kinds of the domain. ``options``: by identifier. ``secrets``: the names of the described secrets. ``pending``: those of them
    whose new values are set by the users' roles before they become current.
    """
    others: tuple[Kind, ...] = (IamRole(), DataKey(), SecurityGroup(), Secret(secrets, pending))
    own: tuple[Kind, ...] = (
        DbSubnetGroup(),
        DbParameterGroup(),
        DbLogGroup(),
        DbInstance(options),
        DbReplica(options),
        DbProxy(),
        BackupReplication(options),
    )
    return {kind.name: kind for kind in (*others, *own)}


KINDS: dict[str, Kind] = kinds()


class RdsDomain(Domain):
    """The instances of a component. Without ``databases`` (a look-up or a removal), nothing is desired and ``questions`` is empty."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.instances: dict[str, Instance] = {}
        self.may_reboot = named_in(params.get("allow_reboot") or ())
        self.may_upgrade = named_in(params.get("allow_major_upgrade") or ())
        environment, component = params["environment"], params["component"]
        if params.get("databases") and params.get("state") != "absent":
            network, problems = read_network(params["network"], "network")
            region = params.get("region") or ""
            self.instances, more = validate(params["databases"], "databases", environment, component, network, region)
            if problems + more:
                raise InvalidInput(problems + more)
        self.described = self.instances or read(params.get("databases"), "databases", environment, Network(), Problems())
        self.options = options_of(self.described, self.may_upgrade)
        every, users = secret_names(self.instances, environment, component)
        self.kinds = kinds(self.options, every, users)

    def regions(self) -> Sequence[str]:
        """Also for a removal: what is in other regions is found there."""
        return regions(self.described)

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        asked = {**replication.questions(self.instances), **further_regions.questions(self.instances)}
        return {**questions(self.instances), **asked}

    def problems(self, observation: Observation) -> Sequence[str]:
        answers = observation.answers
        away = further_regions.problems(self.instances, observation.place.region, answers)
        backups = replication.problems(self.instances, observation.place.region, answers, observation.observed)
        return [*objections(self.instances, known(observation), self.may_upgrade), *away, *backups]

    def resources(self, observation: Observation) -> Sequence[Resource]:
        built = build(self.instances, observation.place, known(observation), self.may_reboot)
        replicated = replication.resources(self.instances, observation.place)
        return with_present_names([*built, *replicated], observation.observed, NAMES)

    def notes(self, observation: Observation) -> Sequence[str]:
        return notes(self.instances, known(observation), observation.place.further_regions)

    def checks(self, plan: Plan, aws: Aws, _region: str) -> Checked:
        """Say what the plan interrupts, and what it keeps of what it deletes."""
        default = Options()
        found = of_plan(plan, self.options, default, rotating(aws) if changes_certificate(plan) else ())
        said = [f"{address}: {sentence}." for address, sentences in found.items() for sentence in sentences]
        keys: dict[str, list[str]] = {}
        for region in looked_in(plan):
            there = aws.in_region(region) if region else aws
            keys |= needed(there, gone_with_backups(plan, self.options, default, region), removed(plan, region))
        said += [*promotions.warnings(plan), *remains(plan, self.options, default, keys)]
        return Checked(warnings=said, refusals=[*refusals(plan), *promotions.refusals(plan)])

    def findings(self, observed: Sequence[Observed]) -> dict[str, Any]:
        return {"protected": protected(observed)}

    def outputs(self, attributes: Attributes) -> dict[str, Any]:
        databases = {name: tuple(one.content.databases) for name, one in self.instances.items()}
        return outputs(attributes, databases, os.environ, promotions.addresses(self.instances))


def named_in(names: Sequence[str]) -> Callable[[str], bool]:
    """Whether a name is in a list of consent."""
    return lambda name: ALL in names or name in names


def options_of(instances: Mapping[str, Instance], may_upgrade: Callable[[str], bool]) -> dict[str, Options]:
    """The options of each instance and replica, by identifier. They also apply when the component is removed."""
    found: dict[str, Options] = {}
    for name, one in instances.items():
        own = Options(
            apply="now" if one.maintenance.apply == "now" else "window",
            allow_major_upgrade=may_upgrade(name),
            final_snapshot=one.deletion.final_snapshot,
            delete_automated_backups=one.deletion.automated_backups == "delete",
        )
        found |= dict.fromkeys([one.identifier, *(replica.identifier for replica in one.replicas.values())], own)
    return found


def known(observation: Observation) -> AwsFacts:
    """The answers about the component's own region."""
    elsewhere = (replication.QUESTION, further_regions.QUESTION)
    own = {name: answer for name, answer in observation.answers.items() if not name.startswith(elsewhere)}
    return AwsFacts(**own, observed=tuple(observation.observed))


def run(module: Any) -> NoReturn:
    """Bring the component's instances to the described state, or plan the changes."""
    run_component(module, RdsDomain)


def read_found(module: Any) -> NoReturn:
    """Return the outputs of the existing instances: of the described ones, or of everything that a removal would remove."""
    everything = bool(module.params["everything"])
    if everything:
        module.params["state"] = "absent"
    read_outputs(module, RdsDomain, described=module.params["databases"] is not None and not everything)
