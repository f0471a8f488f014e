"""The life cycle of one sample: created, changed, restored, changed by hand, and deleted, each step with or without a failure.

A sample's dependencies are created once. From then on, only the sample's own kind is observed, and only pauses advance the clock, so that
settle windows and deadlines are as long as in production and cost no time.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Sample
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import ObservationFailed, Result, Settings, observe, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import Failure, failure
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Observed, Resource, refs_in, resolve
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, Plan, make_plan
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience
from rehearsal.testing import Cloud
from tests.contract.further import CONFIGURED, COUNTS
from tests.contract.outcomes import TAKEN, Killed, Outcome, Saboteur

OURS = Owner("test", "contract")
THEIRS = Owner("test", "others")
STEPS = {
    "create": ("gone", "there"),
    "change": ("there", "changed"),
    "restore": ("changed", "there"),
    "drift": ("there", "there"),
    "delete": ("there", "gone"),
}
"""Each step of a life, with its start state and its end state."""

MOST_DELETED = 2
"""Deletions before the account is emptied: deleted keys and gateways stay listed, and every list would read all of them again."""

NAMED_BY = {"eks_access_entry": "principal_arn"}
"""Kinds that lists identify by another resource's identifier: the property that holds it."""


LEAST_PAUSE = 2.5
"""Seconds that pass with every pause, the longest pause of a run. The window for late lists is then polled a dozen times, not sixty."""

REAL_PAUSE = 0.01
"""Seconds that a pause really takes: the cloud's transitions go on during it, so that they are not polled without end."""


class JumpingClock:
    """A clock that stops during work and skips almost all of every pause."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now

    def pause(self, seconds: float) -> None:
        time.sleep(min(seconds, REAL_PAUSE))
        with self._lock:
            self._now += max(seconds, LEAST_PAUSE)

    def stop(self) -> None:
        """These runs are never asked to stop."""

    def on_stop(self, tell: Callable[[], None]) -> None:
        """The same."""


@dataclass(frozen=True)
class Happened:
    """What one step did: its mutating calls in order, the changes in the account's counts, and the plan's entry for the sample.

    ``left``: the account's counts afterwards. ``waited``: seconds on the run's clock that the engine waited for its calls to complete.
    """

    calls: tuple[str, ...]
    counts: Counter[str]
    left: Counter[str]
    plan: Plan
    waited: float

    def first_of_each(self) -> list[str]:
        """The mutating calls without repetitions."""
        return list(dict.fromkeys(self.calls))


@dataclass
class Stage:
    """A cloud that contains one sample at a time."""

    cloud: Cloud
    tenant: Life | None = None

    def now(self) -> float:
        """The time on the clock of the sample in this cloud."""
        return self.tenant.clock.now() if self.tenant else 0.0


class Life:
    """One sample in a cloud, which is reset for it. ``state`` is gone, there, changed, or, after a failed step, unknown."""

    def __init__(self, stage: Stage, sample: Sample, kinds: Mapping[str, Kind], steps: Sequence[str]) -> None:
        self.stage = stage
        self.cloud = stage.cloud
        self.steps = steps
        self.sample = sample
        self.all_kinds = kinds
        self.kind = kinds[sample.resource.kind]
        self.region = str(sample.resource.properties.get("region") or "")
        named = tuple({resource.address for resource in (sample.resource, *sample.needs)})
        self.consent = Consent(named, named)
        self.clock = JumpingClock()
        self.happened: dict[str, Happened] = {}
        self.state = "unknown"
        self._deleted = 0
        self._resolved: dict[str, Resource] = {}
        self._beside: list[Resource] = []
        self._attributes: Mapping[str, Mapping[str, Any]] = {}

    def now(self) -> float:
        """The time on the clock of the current account."""
        return self.clock.now()

    # --- runs --------------------------------------------------------------------------------------------------------

    def client(self, service: str, region: str | None = None) -> Any:
        """A client that accepts only responses that AWS could send, as in a run."""
        return watch(self.cloud.client(service, region=region))

    def connection(self, make_client: Callable[..., Any] | None = None, owner: Owner = OURS) -> Aws:
        aws = Aws(make_client or self.client, owner, threads=8, pause=self.clock.pause, region=self.cloud.region)
        aws.also_in([self.region] if self.region else [])
        return aws

    def run(self, desired: Sequence[Resource], kinds: Mapping[str, Kind], make_client: Callable[..., Any] | None = None) -> Result:
        """Observes, plans, and applies, as a module call does. Anything that kinds cache during a run is dropped with it."""
        aws = self.connection(make_client)
        try:
            return reconcile(desired, observe(kinds, aws), kinds, aws, Settings(self.consent, Patience(), clock=self.clock))
        finally:
            aws.close()

    def look(self, state: str = "there", owner: Owner = OURS) -> list[Observed]:
        """Every resource of the sample's kind that an owner has, as a run that desires this state observes them."""
        aws = self.connection(owner=owner)
        try:
            return observe(self.mine(state), aws)
        finally:
            aws.close()

    def mine(self, state: str) -> Mapping[str, Kind]:
        """The sample's kind as its domain makes it for the resources of a state."""
        make = CONFIGURED.get(self.kind.name)
        return {self.kind.name: make(self.desired(state)) if make else self.kind}

    # --- states ------------------------------------------------------------------------------------------------------

    def desired(self, state: str) -> list[Resource]:
        """The sample in a state, together with its dependencies of the same kind."""
        return [*self._beside, *([self._resolved[state]] if state in self._resolved else [])]

    def _with_ids(self, resource: Resource) -> Resource:
        return replace(resource, properties=self._known(resource.properties), after=())

    def _known(self, value: Any) -> Any:
        return resolve(value, lambda ref: self._attributes[ref.address][ref.attribute])

    def prepare(self) -> None:
        """Empties the account and creates the sample's dependencies."""
        self.cloud.admin.reset()
        self.clock = JumpingClock()
        if needs := self.sample.needs:
            kinds = {name: self.all_kinds[name] for name in {need.kind for need in needs}}
            made = self.run(needs, kinds)
            assert list(made.failures) == [], f"what {self.sample.resource.address} needs could not be made"
            self._attributes = made.attributes()
        self._beside = [self._with_ids(need) for need in self.sample.needs if need.kind == self.kind.name]
        self._resolved = {"there": self._with_ids(self.sample.resource), "changed": self._with_ids(self.sample.changed)}
        self.state, self._deleted = "gone", 0

    def bring(self, state: str) -> None:
        """Brings the sample to a state without any failure."""
        if self.stage.tenant is not self:
            self.stage.tenant, self.state = self, "unknown"
        if self.state == "gone":
            self._deleted += 1
        if self.state == "unknown" or self._deleted > MOST_DELETED:
            self.prepare()
        if (self.state, state) == ("changed", "there") and "restore" not in self.steps:
            self.bring("gone")
        if self.state != state:
            assert list(self.run(self.desired(state), self.mine(state)).failures) == []
            self.state = state

    def begin(self, step: str) -> Counter[str]:
        """Brings the sample to the step's start state, and returns the account's counts there. Manual changes are made at this point."""
        if step == "create" and (self.kind.ends_with_parent or self.kind.name in CONFIGURED):
            self.state = "unknown"  # it survives its deletion, or can be restored, and would not be new the second time
        self.bring(STEPS[step][0])
        before = COUNTS[self.kind.name](self.cloud)
        if step == "drift":
            drift = self.sample.drift
            seen = self._seen()
            client = self.cloud.client(drift.operation.service, region=drift.region or self.region or None)
            getattr(client, drift.operation.method)(**self._known(drift.carried_out(client, seen)))
            self._wait_for_drift()
        return before

    def _wait_for_drift(self) -> None:
        """Manual changes may take time, too."""
        deadline = time.monotonic() + 10
        while not self.plan("drift").changes:
            assert time.monotonic() < deadline, "the change by hand makes no difference"
            time.sleep(0.02)

    # --- steps -------------------------------------------------------------------------------------------------------

    def plan(self, step: str) -> Plan:
        return self.plan_for(STEPS[step][1])

    def plan_for(self, state: str) -> Plan:
        return make_plan(self.desired(state), self.look(state), self.mine(state), self.consent)

    def take(self, step: str) -> Happened:
        """A step without a failure."""
        before, plan = self.begin(step), self.plan(step)
        saboteur = Saboteur(self.client, self.now)
        self.state = "unknown"
        result = self.run(self.desired(STEPS[step][1]), self.mine(STEPS[step][1]), saboteur)
        assert list(result.failures) == [], step
        self.check_rest(step, result.final)
        self.state = STEPS[step][1]
        left = COUNTS[self.kind.name](self.cloud)
        waited = sum(result.report.seconds.values()) if result.report else 0.0
        self.happened[step] = Happened(tuple(saboteur.calls), change(before, left), left, plan, waited)
        return self.happened[step]

    def check_rest(self, step: str, final: Sequence[Observed]) -> None:
        """After a step, nothing is in transition and nothing is left to do. ``final``: what the run that ended it saw last;
        what there is beyond that, the account's counts show.
        """
        state = STEPS[step][1]
        plan = make_plan(self.desired(state), final, self.mine(state), self.consent)
        assert [(one.address, one.state) for one in plan.observed if one.state != "ready"] == [], f"after {step}"
        assert plan.changes == (), f"a plan after {step}"

    def suffer(self, step: str, call: str, outcome: Outcome) -> None:
        """A step in which ``outcome`` happens to a call; checks that at most one more run completes the work."""
        before = self.begin(step)
        saboteur = Saboteur(self.client, self.now, call, outcome, self.given)
        self.state = "unknown"
        state = STEPS[step][1]
        final, failures = self._outcome(state, saboteur)
        assert saboteur.left == 0, "the call was not made as often as it should have been"
        if outcome.ends_well is not None:
            assert (not failures) is outcome.ends_well, failures
        assert {one.address for one in failures} <= {self.sample.resource.address, ""}, failures
        if failures:
            next_run = self.run(self.desired(state), self.mine(state))
            assert list(next_run.failures) == [], "the next run"
            final = next_run.final
        self.check_rest(step, final)
        after = COUNTS[self.kind.name](self.cloud)
        assert change(before, after) == change(before, self.expected(step, before)), "duplicates or orphans"
        self.state = STEPS[step][1]

    def expected(self, step: str, before: Counter[str]) -> Counter[str]:
        """The account's counts after a step that began with ``before``. A deletion leaves nothing, however much there was: a launch
        template takes all its versions with it.
        """
        recorded = self.happened[step]
        gone = {name: recorded.left[name] for name, count in recorded.counts.items() if step == "delete" and count < 0}
        return Counter({name: before[name] + recorded.counts[name] for name in {*before, *recorded.counts}} | gone)

    def meet_another_s(self) -> None:
        """Creates it where another owner already has one, with the same name in the same place: refused, and theirs is unchanged. Theirs
        has the changed properties, so a run that mistakes it for ours has something to set.
        """
        self.bring("changed")
        seen = self._seen()
        self.state = "unknown"
        ours, theirs = self.connection(), self.connection(owner=THEIRS)
        self.kind.claim(theirs, seen, seen.address)
        before, held = self._at_rest(theirs, seen), COUNTS[self.kind.name](self.cloud)
        taken = None if self.kind.exclusive else Saboteur(self.client, self.now, self.happened["create"].calls[0], TAKEN)
        assert [one.address for one in self._outcome("there", taken)[1]] == [self.sample.resource.address]
        assert self._at_rest(theirs, seen) == before
        assert COUNTS[self.kind.name](self.cloud) == held
        self.kind.claim(ours, seen, seen.address)
        assert self.plan_for("changed").changes == ()
        self.state = "changed"

    def _at_rest(self, connection: Aws, seen: Observed) -> Observed:
        """What a resource is like, whatever it is busy with: a cache of which only tags change is being modified for a moment."""
        found = self.kind.read(connection, seen)
        assert found is not None
        return replace(found, state="ready", reason="")

    def _seen(self) -> Observed:
        return next(one for one in self.look() if one.address == self.sample.resource.address)

    def _outcome(self, state: str, saboteur: Saboteur | None) -> tuple[Sequence[Observed], list[Failure]]:
        """What a run saw at its end, and its failures."""
        try:
            result = self.run(self.desired(state), self.mine(state), saboteur)
        except (Killed, ObservationFailed) as error:
            return (), [failure("", error)]
        return result.final, list(result.failures)

    def record(self) -> Mapping[str, Happened]:
        """What each step does without failures; recorded once."""
        for step in self.steps:
            if step not in self.happened:
                self.take(step)
        return self.happened

    @property
    def given(self) -> frozenset[str]:
        """The values that the sample refers to, which are known before it is created."""
        own = self.sample.resource.properties
        names = NAMED_BY.get(self.kind.name, "")
        resolved = self._resolved["there"].properties
        return frozenset(str(leaf) for name in own if name != names and refs_in(own[name]) for leaf in leaves(resolved[name]))


def leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def change(before: Counter[str], after: Counter[str]) -> Counter[str]:
    """The counts that differ."""
    return Counter({name: after[name] - before[name] for name in {*before, *after} if after[name] != before[name]})
