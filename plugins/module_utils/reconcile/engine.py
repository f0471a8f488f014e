# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The engine's entry points: observe what exists, and reconcile it with what is desired."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import CallFailed, Failure, failure
from .graph import Step, build, claim_step, delete_step
from .model import UNKNOWN, Kind, Observed, Resource
from .planner import Action, Consent, Plan, make_plan
from .pool import Pool
from .run import Report, run
from .steps import RunContext
from .waiting import Clock, Patience, Progress, Stopped, SystemClock, silent, until


class ObservationFailed(Exception):
    """A list call failed, so nothing can be planned. ``failures`` has one entry per kind that could not be listed."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        super().__init__("; ".join(map(str, failures)))
        self.failures = list(failures)


@dataclass(frozen=True)
class Settings:
    """How to apply: consent, patience, the maximum number of concurrent calls, the progress callback, and (for tests) the clock.

    ``defer`` names kinds whose creation is started but not waited for; resources that need one of them are left to another call.
    """

    consent: Consent = field(default_factory=Consent)
    patience: Patience = field(default_factory=Patience)
    concurrency: int = 16
    progress: Progress = silent
    clock: Clock = field(default_factory=SystemClock)
    defer: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Result:
    """The plan and its outcome. ``report`` is None if there was nothing to apply; ``final`` is the observed state afterwards.

    ``unlisted``: something was created that lists may not show yet, so another run must not trust them immediately.
    """

    plan: Plan
    final: Sequence[Observed]
    report: Report | None = None
    failures: Sequence[Failure] = ()
    unlisted: bool = False

    @property
    def interrupted(self) -> bool:
        return self.report is not None and self.report.interrupted

    @property
    def needs_apply(self) -> bool:
        """Whether an apply has work to do: a change to make, a replacement to refuse, or a resource to wait for."""
        unready = any(a.observed and a.observed.state == "pending" for a in self.plan.actions)
        return bool(self.plan.permitted or self.plan.refused) or unready

    def steps(self, action: Action) -> list[Step]:
        """The steps that carry out an action."""
        making = [Step("make", action.address), Step("finish", action.address)] if action.desired else []
        return ([claim_step(action)] if action.claims else []) + making + ([delete_step(action)] if action.remove else [])

    def outcome(self, action: Action) -> str:
        if not action.consent:
            return "held_back"
        if any(failed.address == action.address for failed in self.failures):
            return "failed"
        return self.report.outcome(*self.steps(action)) if self.report else "planned"

    @property
    def deferred(self) -> list[str]:
        """The addresses left to another call: resources that were started but not waited for, and those that depend on them."""
        return [action.address for action in self.plan.actions if self.outcome(action) in PUT_OFF]

    def attributes(self) -> dict[str, Mapping[str, Any]]:
        """Attributes of every desired resource, by address; a resource that does not exist yet returns UNKNOWN for every attribute."""
        there = {seen.address: seen for seen in self.final if seen.state in ("ready", "pending")}
        found: dict[str, Mapping[str, Any]] = {}
        for action in self.plan.actions:
            if action.desired:
                seen = there.get(action.address)
                planned = self.report is None
                unknown = seen is None or (planned and action.makes)
                later = dict.fromkeys(action.changing, UNKNOWN) if planned else {}
                found[action.address] = _Unknown() if unknown or seen is None else {"id": seen.id, **seen.attributes, **later}
        return found


PUT_OFF = ("begun", "deferred")


class _Unknown(Mapping[str, Any]):
    def __getitem__(self, key: str) -> Any:
        return UNKNOWN

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def observe(kinds: Mapping[str, Kind], backend: Any, concurrency: int = 16) -> list[Observed]:
    """List all our resources of every kind, in parallel. Raises ObservationFailed with every error, not just the first.

    If the backend has ``one_look``, the kinds use it to share answers.
    """
    found: list[Observed] = []
    failures: list[Failure] = []
    stopped: Stopped | None = None
    look = backend.one_look() if hasattr(backend, "one_look") else backend
    with Pool(max_workers=max(1, min(concurrency, len(kinds))), thread_name_prefix="observe") as pool:
        for name, future in [(name, pool.submit(kind.find, look)) for name, kind in kinds.items()]:
            try:
                found += future.result()
            except Stopped as error:
                stopped = error
            except Exception as error:  # noqa: BLE001 - whatever it is, the other kinds' errors are wanted too
                failures.append(failure(name, error))
    if stopped:
        raise stopped
    if failures:
        raise ObservationFailed(failures)
    return found


def plan_only(desired: Sequence[Resource], observed: Sequence[Observed], kinds: Mapping[str, Kind], consent: Consent) -> Result:
    """Return what an apply would do, in the form of its result."""
    plan = make_plan(desired, observed, kinds, consent)
    build(plan, kinds)
    return Result(plan, observed)


def reconcile(
    desired: Sequence[Resource], observed: Sequence[Observed], kinds: Mapping[str, Kind], backend: Any, settings: Settings
) -> Result:
    """Plan and apply. Starts nothing if a required replacement is not allowed, and reports that in ``failures``.

    A run without failures ends by observing everything again: a property that does not read back as it was set is a failure too.
    """
    plan = make_plan(desired, observed, kinds, settings.consent)
    graph = build(plan, kinds)
    if plan.refused:
        return Result(plan, observed, failures=[_refusal(action) for action in plan.refused])
    if not Result(plan, observed).needs_apply:
        return Result(plan, observed)
    shop = RunContext(
        plan=plan,
        graph=graph,
        kinds=kinds,
        backend=backend,
        clock=settings.clock,
        patience=settings.patience,
        progress=settings.progress,
        run_id=uuid.uuid4().hex,
        calls=threading.BoundedSemaphore(settings.concurrency),
        defer=settings.defer,
    )
    report = run(shop, graph)
    failures = list(report.failed.values())
    if report.interrupted:
        failures.append(Failure("", "", "Interrupted", "the run was asked to stop; run again to continue"))
    if report.interrupted or failures:
        unlisted = not _is_listed(shop, settings, settings.patience.grace if report.interrupted else None)
        return Result(plan, list(shop.live.values()), report, failures, unlisted=unlisted)
    final, failures = _look_back(desired, kinds, backend, settings, Result(plan, (), report))
    return Result(plan, final, report, failures, unlisted=bool(failures))


def _is_listed(context: RunContext, settings: Settings, limit: float | None) -> bool:
    """Wait until lists show everything created by a run that ends early; False if they do not, or if that cannot be determined.

    ``limit``: seconds for one read, None for no limit.
    """
    in_flight = context.in_flight()
    made = {(seen.kind, seen.id) for address, seen in context.live.items() if address in context.fresh}
    kinds = {name: context.kinds[name] for name, _id in made}
    if not made:
        return not in_flight
    pool = Pool(1, thread_name_prefix="lists")
    try:
        for waited in until(settings.clock, settings.patience.settle, settings.patience.poll):
            found = pool.submit(observe, kinds, context.backend, settings.concurrency).result(limit)
            missing = made - {(seen.kind, seen.id) for seen in found}
            if not missing:
                return not in_flight
            settings.progress("lists", f"waiting until they show {', '.join(sorted(identity for _kind, identity in missing))}", waited)
    except (Stopped, ObservationFailed, CallFailed, TimeoutError):
        pass
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return False


def _refusal(action: Action) -> Failure:
    return Failure(action.address, "", "ReplacementNotAllowed", f"it would have to be replaced: {action.reason}")


def _look_back(
    desired: Sequence[Resource], kinds: Mapping[str, Kind], backend: Any, settings: Settings, done: Result
) -> tuple[list[Observed], list[Failure]]:
    """Observe and plan again; changes still pending after the settle window did not take effect, unless they were deferred on purpose."""
    excused = frozenset(done.deferred)
    consent = replace(settings.consent, forced=())  # what was requested is done
    final: list[Observed] = []
    left: tuple[Action, ...] = ()
    try:
        for _waited in until(settings.clock, settings.patience.settle, settings.patience.poll):
            final = observe(kinds, backend, settings.concurrency)
            again = make_plan(desired, final, kinds, consent).permitted
            left = tuple(action for action in again if action.address not in excused or _is_missing(action, done))
            if not left:
                return final, []
    except Stopped:
        pass
    except ObservationFailed as error:
        return final, error.failures
    return final, [_did_not_take(action) for action in left]


def _is_missing(action: Action, done: Result) -> bool:
    """Whether a resource whose creation was started is not visible yet: a plan made now would create a second one."""
    begun = done.report is not None and Step("make", action.address) in done.report.deferred
    return begun and action.verb == "create" and action.remove is None


def _did_not_take(action: Action) -> Failure:
    what = "; ".join(f"{c.property} reads {c.before!r}, not {c.after!r}" for c in action.changes if not c.sensitive)
    return Failure(
        action.address, "", "DidNotTake", f"the calls succeeded, but a new plan would still {action.verb} it: {what or action.reason}"
    )
