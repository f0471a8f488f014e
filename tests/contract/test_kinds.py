"""The contract of every kind of every domain, tested with its smallest resource. Registered kinds are included automatically.

One test is one sample and one outcome. The sample goes through its life cycle, and the outcome is applied to every mutating call of every
step in turn.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.kind import AwsKind
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import DOMAINS, roles
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind
from tests.contract.further import COUNTS
from tests.contract.life import Life
from tests.contract.outcomes import OUTCOMES, READS, Outcome
from tests.contract.subjects import KINDS, Subject, subjects

LifeOf = Callable[[Subject], Life]

SLOW = 0.5
"""Seconds that a state such as "creating" lasts in fault-free lives: longer than the final check of a run can wait."""


def tried(subject: Subject, outcome: Outcome) -> set[str]:
    """The steps in which an outcome is tried although another one takes the same path through the engine: a kind whose own code knows what
    it raises may tell them apart.
    """
    modules = [vars(sys.modules[base.__module__]) for base in type(KINDS[subject.kind]).__mro__]
    known = outcome.after and any(type(outcome.after()).__name__ in one for one in modules)
    return set(outcome.steps) - (set() if known else set(outcome.alike))


PAIRS = [(subject, outcome) for subject in subjects() for outcome in OUTCOMES if not outcome.creates or subject.creates]
DISTINCT = [(subject, outcome) for subject, outcome in PAIRS if tried(subject, outcome) - (set() if subject.creates else {"create"})]

by_role = pytest.mark.parametrize("role", roles(), ids=lambda role: f"{role}:")
"""make test selects a role's tests by the colon."""

by_subject = pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name)


@by_subject
def test_a_life_without_faults(life_of: LifeOf, subject: Subject) -> None:
    """Created, reapplied, changed and restored in place, drift detected and undone, deleted."""
    life = life_of(subject)
    address, counts = subject.sample.resource.address, Counter[str]()
    life.bring("gone")
    life.cloud.admin.settings(transition_seconds={"default": SLOW})
    for step in subject.steps:
        done = life.take(step)
        actions = {action.address: action for action in done.plan.changes}
        assert list(actions) == [address], step
        assert actions[address].verb == verb_of(step, subject), step
        assert done.calls, step
        if step == "drift":
            assert [one.property for one in actions[address].changes] == [subject.sample.drift.property]
        counts.update(done.counts)
        if subject.beyond is None and verb_of(step, subject) in life.kind.settles:
            assert done.waited > 0, f"{step} is only begun by its call"
    life.state = "unknown"  # so that the next step empties the account and ends the delay
    assert not any(counts.values()), f"what is left of it in the account: {counts}"


def verb_of(step: str, subject: Subject) -> str:
    """The verb that a plan must show for a step."""
    if step in ("create", "delete"):
        return step
    replaced = any(KINDS[subject.kind].properties[name].role == "fixed" for name in subject.sample.change)
    return "replace" if replaced and step != "drift" else "update"


@pytest.mark.parametrize(("subject", "outcome"), DISTINCT, ids=lambda one: one.name)
def test_whatever_happens_to_a_call(life_of: LifeOf, subject: Subject, outcome: Outcome, subtests: pytest.Subtests) -> None:
    """It ends as if nothing had happened, in the same run or in the next one, with no duplicates and no leftovers."""
    cases = distinct(life_of, subject, outcome)
    assert cases
    life = life_of(subject)
    for step, call in cases:
        with subtests.test(step=step, call=call):
            life.suffer(step, call, outcome)


@pytest.mark.nightly
@pytest.mark.parametrize(("subject", "outcome"), PAIRS, ids=lambda one: one.name)
def test_whatever_happens_to_any_call(life_of: LifeOf, subject: Subject, outcome: Outcome, subtests: pytest.Subtests) -> None:
    """The same with every call of every step, and with outcomes that take the same path through the engine as another one."""
    cases = cases_of(life_of, subject, outcome)
    assert cases
    life = life_of(subject)
    for step, call in cases:
        with subtests.test(step=step, call=call):
            life.suffer(step, call, outcome)


def cases_of(life_of: LifeOf, subject: Subject, outcome: Outcome) -> list[tuple[str, str]]:
    """(step, call) of every call to which an outcome can happen."""
    gone_by = life_of(subject).record()["delete"].calls[-1]  # a replacement creates it, too
    cases = [(step, call) for step, call in calls_of(life_of, subject) if step in outcome.steps]
    if "delete" not in outcome.steps:
        cases = [(step, call) for step, call in cases if call != gone_by]
    return cases[:1] if outcome.creates else cases


def distinct(life_of: LifeOf, subject: Subject, outcome: Outcome) -> list[tuple[str, str]]:
    """The first case of each call and verb that the kind's smallest sample does not have.

    To the engine, a restoration and a corrected drift are updates like any other. So is what a creation sets after its create call: of
    those, the first is tried in the creation too.
    """
    smallest = calls_of(life_of, subject.beyond) if subject.beyond else []
    shown = {(verb_of(step, subject), call) for step, call in smallest}
    cases = cases_of(life_of, subject, outcome)
    updates = {call for step, call in cases if verb_of(step, subject) == "update"}
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for step, call in cases:
        if step in tried(subject, outcome) and (verb_of(step, subject), call) not in shown:
            first.setdefault((verb_of(step, subject), call), (step, call))
    created = [one for one in first if one[0] == "create"]
    for verb, call in created[2 if subject.creates else 0 :]:
        if call in updates:
            del first[verb, call]
    return list(first.values())


MARKED = [one for one in subjects() if one.beyond is None and not getattr(KINDS[one.kind], "mark_in_name", False)]
"""A resource whose name says whose it is cannot be another owner's and have the same name."""


@pytest.mark.parametrize("subject", MARKED, ids=lambda subject: subject.name)
def test_what_another_owner_has_is_left_alone(life_of: LifeOf, subject: Subject) -> None:
    life = life_of(subject)
    life.record()
    life.meet_another_s()


def calls_of(life_of: LifeOf, subject: Subject) -> list[tuple[str, str]]:
    """(step, call) of every mutating call that a sample makes, except those that its kind's smallest sample makes in the same step."""
    shown = calls_of(life_of, subject.beyond) if subject.beyond else []
    made = [(step, call) for step, done in life_of(subject).record().items() for call in done.first_of_each()]
    return [one for one in made if one not in shown]


def kinds_of(role: str) -> dict[str, Kind]:
    """The kinds for which a role's domain has the smallest sample; shared kinds belong to the first domain."""
    return {one.kind: KINDS[one.kind] for one in subjects() if one.beyond is None and one.role == role}


@by_role
def test_every_mutating_operation_that_kinds_declare_is_called_and_no_other(life_of: LifeOf, role: str) -> None:
    """Calls that a kind inherits from another kind may be made by the other kind's samples. app_deploy has no kinds."""
    kinds = kinds_of(role)
    declared = {str(one) for kind in kinds.values() if isinstance(kind, AwsKind) for one in kind.declared()}
    changing = {one for one in declared if not one.partition(".")[2].startswith(READS)}
    assert bool(changing) == bool(kinds)
    assert called(life_of, [one for one in subjects() if one.kind in kinds]) <= changing
    bases = {base for kind in kinds.values() for base in type(kind).__mro__}
    assert changing <= called(life_of, [one for one in subjects() if type(KINDS[one.kind]) in bases])


def called(life_of: LifeOf, several: Iterable[Subject]) -> set[str]:
    """The mutating calls of these lives."""
    return {call for subject in several for done in life_of(subject).record().values() for call in done.calls}


@by_role
def test_every_kind_has_a_sample_and_is_counted(role: str) -> None:
    kinds = {name for domain in DOMAINS if domain.role == role for name in domain.details.kinds}
    assert kinds <= {subject.kind for subject in subjects()} & set(COUNTS)
    assert set(COUNTS) <= set(KINDS)
