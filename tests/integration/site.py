# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component in a rehearsal cloud, run as its module runs it, with the cloud's request log; for all domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Checked
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile import report
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, plan_only, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Action, Consent, Plan
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience
from rehearsal.testing import Cloud

ACCOUNT = "210987654321"
EVERYTHING = ("*", "kms_key.*")
"""Patterns that cover all kinds: kinds that hold data are covered only by their full name."""


@dataclass
class Component:
    """One owner's resources in a domain. Plans are made with read-only credentials."""

    cloud: Cloud
    environment: str = "prod"
    component: str = ""
    tags: dict[str, str] = field(default_factory=lambda: {"owner": "platform"})

    patience: ClassVar[Patience] = Patience(poll=0.02, settle=0.5, timeout=20)
    """The cloud answers at once and reads do not lag, so a failing run need not wait long."""

    def kinds(self, desired: Sequence[Resource] = ()) -> Mapping[str, Kind]:
        """The domain's kinds, configured to read these resources."""
        raise NotImplementedError

    @property
    def owner(self) -> Owner:
        return Owner(self.environment, self.component)

    def aws(self, role: str = "apply") -> Aws:
        return Aws(lambda service: watch(self.cloud.client(service, role)), self.owner)

    def observed(self, role: str = "plan") -> list[Observed]:
        aws = self.aws(role)
        try:
            return observe(self.kinds(), aws)
        finally:
            aws.close()

    def ids(self) -> dict[str, str]:
        """The IDs of all our resources by address, read again."""
        return {seen.address: seen.id for seen in self.observed()}

    def plan(self, desired: Sequence[Resource], allow_replace: Sequence[str] = (), purge: Sequence[str] = ()) -> Plan:
        return plan_only(desired, self.observed(), self.kinds(), Consent(tuple(allow_replace), tuple(purge))).plan

    def try_apply(
        self,
        desired: Sequence[Resource],
        allow_replace: Sequence[str] = (),
        purge: Sequence[str] = (),
        patience: Patience | None = None,
    ) -> Result:
        aws, kinds = self.aws(), self.kinds(desired)
        try:
            settings = Settings(Consent(tuple(allow_replace), tuple(purge)), patience or self.patience)
            return reconcile(desired, observe(kinds, aws), kinds, aws, settings)
        finally:
            aws.close()

    def apply(self, desired: Sequence[Resource], allow_replace: Sequence[str] = (), purge: Sequence[str] = ()) -> Result:
        """An apply that must succeed."""
        result = self.try_apply(desired, allow_replace, purge)
        assert not result.failures, "\n".join(map(str, result.failures))
        return result

    def destroy(self) -> Result:
        return self.apply([], purge=EVERYTHING)


@dataclass
class DomainSite(Component):
    """One owner's resources as a domain describes them. Subclasses keep the domain that they last described in ``domain``."""

    domain: Any = None

    region: ClassVar[str]

    def domain_of(self, described: Mapping[str, Any] | None, **params: Any) -> Any:
        """The domain of these settings; None: of none."""
        raise NotImplementedError

    def kinds(self, _desired: Sequence[Resource] = ()) -> Mapping[str, Kind]:
        return (self.domain or self.domain_of(None)).kinds

    def checked(self, plan: Plan, role: str = "plan") -> Checked:
        """What the domain says about a plan of its desired resources."""
        aws = self.aws(role)
        try:
            return (self.domain or self.domain_of(None)).checks(plan, aws, self.region)
        finally:
            aws.close()


def ids(result: Result) -> dict[str, str]:
    """The ID of every resource that a run left, by address, as found by the run itself."""
    return {seen.address: seen.id for seen in result.final}


def summary(plan: Plan) -> dict[str, str]:
    """A plan's actions by address; those without consent are marked."""
    return {action.address: action.verb + ("" if action.consent else " (no consent)") for action in plan.changes}


def properties(action: Action) -> set[str]:
    return {change.property for change in action.changes}


def touched(plan: Plan) -> dict[str, set[str]]:
    """The properties that a plan would change, by resource."""
    return {action.address: properties(action) for action in plan.changes}


def shown(result: Result, check_mode: bool = False) -> dict[str, Any]:
    """The plan as the module returns it."""
    return report.plan_dict(result, check_mode)


def edited(desired: Sequence[Resource], address: str, **changes: Any) -> list[Resource]:
    """The same resources with some properties of one of them changed."""
    assert any(resource.address == address for resource in desired)
    return [
        replace(resource, properties={**resource.properties, **changes}) if resource.address == address else resource
        for resource in desired
    ]


@dataclass
class Requests:
    """The requests to the cloud since creation of this object."""

    cloud: Cloud

    def __post_init__(self) -> None:
        self.start = max((record["n"] for record in self.cloud.admin.requests()), default=0)

    def all(self) -> list[dict[str, Any]]:
        return self.cloud.admin.requests(since=self.start)

    def changes(self) -> list[str]:
        return [f"{record['service']}:{record['operation']}" for record in self.all() if record["mutating"]]

    def reads(self) -> list[str]:
        return [f"{record['service']}:{record['operation']}" for record in self.all() if not record["mutating"]]
