# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One run: watch the workloads, probe, bake, record, and roll back on failure. Controls the sequence; other files make the decisions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..kubernetes.client import Api
from ..kubernetes.clock import EventClock, Stopped
from ..kubernetes.lease import Lease
from ..kubernetes.objects import name, uid
from ..kubernetes.problems import ApiProblem, Forbidden, NotFound
from ..kubernetes.values import Settings, Verdict
from . import records, text
from .baking import Baking
from .endings import code_of, decisive, is_short, named
from .metric_sources import read_metric
from .plan import Ending, Plan, ServiceCheck
from .probes import Answer, Probe, balancer_of, fetch, foreign_pods, probe_until, service_wrong, slices_path
from .records import Record
from .rollback import undo
from .target import Target
from .watching import Watching

RECORDED = ("Deployment", "StatefulSet", "DaemonSet")
"""Kinds whose verified template is kept, because they can be rolled back to it."""

TRUTH_SECONDS = 30.0
"""How often to reread everything, whatever the watches deliver."""

GATHER_SECONDS = 0.2
"""Events often arrive in bursts: evaluate a whole burst once."""

Progress = Callable[[str, str, float], None]
NOT_LOOKED = Verdict("in_progress", "not_observed")


@dataclass
class Report:
    """What the run did, for the module's result."""

    ending: Ending | None = None
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    probes: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[Mapping[str, Any]] = field(default_factory=list)
    undone: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Verifier:
    def __init__(
        self, api: Api, bell: EventClock, plan: Plan, progress: Progress, holder: str, cloudwatch: Callable[[], Any] | None = None
    ) -> None:
        self.api, self.bell, self.plan, self.holder = api, bell, plan, holder
        self.report = Report()
        self.watches: list[Watching] = []
        self._records: dict[str, Record | None] = {}
        self._locks: list[Lease] = []
        self._progress, self._cloudwatch = progress, cloudwatch
        self._began = api.clock.now()
        if plan.not_verified:
            self._note(f"applied but not verified, because this module does not judge their kinds: {named(plan.not_verified)}")
        self._truth_at = self._check_at = 0.0

    def look(self) -> Report:
        """Observe once, for check mode. Waits for nothing and writes nothing."""
        self._guarded(self._look_once)
        return self.report

    def _look_once(self) -> Ending:
        with self._watching(read_records=False):
            self._verdicts(self.plan.settings)
        return Ending("success", "looked", "Nothing was verified in check mode; see what the workloads look like now.", "done")

    def run(self) -> Report:
        """Run all stages and stop at the first failure. Writes only locks, records, and a rollback."""
        try:
            self._guarded(self._locked)
        finally:
            self._give_back()
        return self.report

    def _guarded(self, work: Callable[[], Ending]) -> None:
        try:
            self.report.ending = work()
        except Stopped:
            self.report.ending = Ending("error", "interrupted", self._interrupted(), "interrupted")
        except ApiProblem as problem:
            self.report.ending = Ending("error", code_of(problem), f"{problem}".rstrip(".") + ".", "done")

    def _interrupted(self) -> str:
        states = [text.sentence(watch.start, self.report.verdicts.get(str(watch.target), NOT_LOOKED)) for watch in self.watches]
        return " ".join(["Interrupted; nothing was rolled back.", *states])

    def _locked(self) -> Ending:
        if self.plan.lock and self.plan.rollback:
            for target in self.plan.targets:
                name = f"{target.name}.{target.kind.lower()}.rollout"
                lock = Lease(self.api, target.namespace, name, self.holder, f"{target} is being verified")
                try:
                    lock.take()
                except Forbidden as problem:
                    raise Forbidden(f"{problem}. Verifiers lock a workload with a Lease; set lock to false to do without") from problem
                self._locks.append(lock)
        with self._watching(read_records=self.plan.record or self.plan.rollback is not None):
            ending = self._rollout() or self._reach() or self._bake()
            if ending is None:
                return self._verified()
            if self._to_be_undone(ending):
                self._undo_all()
                return replace(ending, sentence=" ".join([ending.sentence, *(f"{one['reason']}." for one in self.report.undone)]))
            return ending

    @contextlib.contextmanager
    def _watching(self, *, read_records: bool) -> Iterator[None]:
        try:
            for target in self.plan.targets:
                record = records.read(self.api, target) if read_records else None
                self._records[str(target)] = record
                verified = record.fingerprint if record else None
                self.watches.append(Watching(self.api, self.bell, target, self.plan.settings, verified))
            yield
        finally:
            for watch in self.watches:
                watch.end()

    def _give_back(self) -> None:
        for lock in self._locks:
            with contextlib.suppress(ApiProblem, Stopped):
                lock.release()

    # the stages

    def _rollout(self) -> Ending | None:
        self._extend(self.plan.settings.wait)
        while True:
            verdicts = self._verdicts(self.plan.settings)
            if (final := decisive(verdicts)) is not None:
                return self._ending(self.watches[final], verdicts[final])
            if all(verdict.state == "success" for verdict in verdicts):
                for watch, verdict in zip(self.watches, verdicts):
                    watch.begin_bake(verdict)
                return None
            self._rest(self.plan.poll)

    def _ending(self, watch: Watching, verdict: Verdict) -> Ending:
        return Ending(verdict.state, verdict.code, text.sentence(watch.start, verdict), "rollout")

    def _verdicts(self, settings: Settings) -> list[Verdict]:
        own = [replace(settings, allow_zero=settings.allow_zero or watch.target.allow_zero) for watch in self.watches]
        found = [watch.verdict(accepted) for watch, accepted in zip(self.watches, own)]
        for number, watch in enumerate(self.watches):
            if any(verdict.state != "success" for other, verdict in enumerate(found) if other != number):
                watch.others_are_unready()
                if found[number].state == "failure":
                    found[number] = watch.verdict(own[number])
        for watch, verdict in zip(self.watches, found):
            self.report.verdicts[str(watch.target)] = verdict
            if verdict.state == "in_progress":
                self._say(str(watch.target), verdict)
        return found

    def _say(self, who: str, verdict: Verdict) -> None:
        counts = verdict.counts
        pods = f"{counts.new} new, {counts.available} available, {counts.old} old of {counts.wanted}"
        blocking = f"; {text.describe(verdict.evidence[0])}" if verdict.evidence else ""
        self._progress(who, f"{pods}{blocking}", self.api.clock.now() - self._began)

    def _rest(self, seconds: float) -> None:
        """Wait for news or the next look. Renew locks, and compare the watched state with the API."""
        self.bell.wait_for_news(seconds)
        self.api.clock.pause(GATHER_SECONDS)
        now = self.api.clock.now()
        for lock in self._locks:
            lock.keep()
        if now - self._truth_at >= TRUTH_SECONDS:
            self._truth_at = self._check_at = now
            for watch in self.watches:
                watch.again()
        elif now - self._check_at >= self.plan.poll:
            self._check_at = now
            for watch in self.watches:
                watch.check()

    def _reach(self) -> Ending | None:
        """Check Services, then send probes. Keep watching the pods in between."""
        for check in self.plan.services:
            if ending := self._service(check):
                return ending
        for probe in self.plan.probes:
            self._extend(probe.wait)
            try:
                probed = probe_until(probe, self.api.clock.now, self.api.clock.pause, self._tick, self._ask)
            except _Ended as ended:
                return ended.ending
            self.report.probes.append({"url": probe.url, "reason": probed.code or "answered", "requests": probed.requests})
            if probed.code:
                return Ending("failure", probed.code, f"{probed.sentence}.", "probes")
        return None

    def _ask(self, probe: Probe) -> Answer:
        """Ask where users do. While a host name has no record, as in a first deployment, ask the load balancer of its Ingress instead."""
        answer = fetch(probe)
        if not answer.unresolved:
            return answer
        namespace = self.plan.targets[0].namespace if self.plan.targets else "default"
        try:
            ingresses = self.api.list(f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses").items
        except ApiProblem:  # such as rights that do not include Ingresses
            return answer
        balancer = balancer_of(ingresses, probe.host)
        return fetch(replace(probe, address=balancer)) if balancer else answer

    def _service(self, check: ServiceCheck) -> Ending | None:
        self._extend(check.wait)
        until = self.api.clock.now() + check.wait
        while True:
            code, said = self._service_wrong(check)
            if not code:
                return None
            if self.api.clock.now() >= until:
                return Ending("failure", code, f"{said}.", "probes")
            try:
                self._tick()
            except _Ended as ended:
                return ended.ending
            self._rest(1.0)

    def _service_wrong(self, check: ServiceCheck) -> tuple[str, str]:
        try:
            service = self.api.get(f"/api/v1/namespaces/{check.namespace}/services/{check.name}")
        except NotFound:
            service = None
        query = {"labelSelector": f"kubernetes.io/service-name={check.name}"}
        slices = self.api.list(slices_path(check.namespace), **query).items
        pods = {uid(pod) for watch in self.watches for pod in watch.new_pods()}
        called = f"{check.namespace}/{check.name}"
        found = service_wrong(called, service, slices, pods)
        own = {uid(pod) for watch in self.watches for pod in watch.own_pods()}
        if service and (foreign := foreign_pods(slices, own)):
            self._note(f"Service {called} also routes to pods that belong to none of the verified workloads: {named(foreign)}")
        return found

    def _note(self, text: str) -> None:
        if text not in self.report.notes:
            self.report.notes.append(text)

    def _tick(self) -> None:
        """Check the pods between two requests. A failing pod ends the probing."""
        for watch, verdict in zip(self.watches, self._verdicts(self._patient())):
            if verdict.state not in ("success", "in_progress"):
                raise _Ended(self._ending(watch, verdict))
        for lock in self._locks:
            lock.keep()

    def _patient(self) -> Settings:
        """Settings for after the rollout, when neither its time limit nor its quiet limit applies."""
        return replace(self.plan.settings, wait=float("inf"), quiet=float("inf"), replace_wait=self.plan.settings.wait)

    def _extend(self, seconds: float) -> None:
        self.api.deadline = self.api.clock.now() + seconds + self.plan.settings.grace

    def _bake(self) -> Ending | None:
        """Require healthy pods and good metrics for the whole bake."""
        if not self.plan.bake.longest:
            return None
        self._extend(self.plan.bake.longest)
        now, reported = self.api.clock.now(), self.api.server_now()
        baking = Baking(self.plan.bake, self.plan.metrics, self._measure, reported, self.watches[0].start.server_time, now)
        ending = baking.begin()
        short_since: float | None = None
        while ending is None:
            verdicts = self._verdicts(self._patient())
            now = self.api.clock.now()
            short_since = short_since or now if any(is_short(verdict) for verdict in verdicts) else None
            ending = self._degraded(verdicts, now - (short_since or now)) or baking.step(now, self.api.server_now())
            self.report.metrics = baking.as_list()
            if ending is None:
                self._progress("bake", "watching pods and metrics", now - self._began)
                self._rest(min(self.plan.poll, baking.wake(now)))
        return None if ending.state == "success" else ending

    def _degraded(self, verdicts: Sequence[Verdict], seconds: float) -> Ending | None:
        """Fail at once on a pod that cannot recover; on too few available pods only after a grace, since a node may be drained any time."""
        for watch, verdict in zip(self.watches, verdicts):
            if verdict.state in ("failure", "error"):
                return replace(self._ending(watch, verdict), stage="bake")
            if is_short(verdict) and seconds > self.plan.settings.grace:
                said = text.sentence(watch.start, verdict)
                return Ending(
                    "failure", "degraded", f"Too few pods have been available for {seconds:.0f} s after the rollout: {said}", "bake"
                )
        return None

    def _measure(self, metric: Any, span: Any) -> Any:
        watch = self.watches[0]
        revision = str(self.report.verdicts[str(watch.target)].facts.get("revision") or "")
        values = {
            "revision": revision.removeprefix(f"{watch.target.name}-"),
            "name": watch.target.name,
            "namespace": watch.target.namespace,
        }
        return read_metric(metric, span, values, self._cloudwatch)

    def _verified(self) -> Ending:
        for watch in self.watches:
            self._record(watch)
        verdicts = [(watch, self.report.verdicts[str(watch.target)]) for watch in self.watches]
        sentences = " ".join(text.sentence(watch.start, verdict) for watch, verdict in verdicts)
        codes = {verdict.code for _watch, verdict in verdicts}
        return Ending("success", codes.pop() if len(codes) == 1 else "complete", sentences, "done")

    def _record(self, watch: Watching) -> None:
        """Record only a revision that all pods run."""
        verdict, live = self.report.verdicts[str(watch.target)], watch.live()
        record = self._records.get(str(watch.target))
        wanted = self.plan.record and watch.target.kind in RECORDED and verdict.code in ("complete", "unchanged", "no_rollout")
        if not wanted or live is None or records.is_current(record, live):
            return
        try:
            why = records.write(self.api, watch.target, live, str(verdict.facts.get("revision") or name(live)))
        except ApiProblem as problem:
            why = (
                f"{watch.target} was verified, but that could not be recorded, so a later failure will not be rolled back to it: {problem}"
            )
        if why:
            self.report.warnings.append(why)

    # rollback

    def _to_be_undone(self, ending: Ending) -> bool:
        return self.plan.rollback is not None and (ending.state == "failure" or ending.state in self.plan.also_on)

    def _undo_all(self) -> None:
        """Roll back in reverse order: later workloads may depend on earlier ones."""
        wish = self.plan.rollback
        for watch in reversed(self.watches):
            watch.end()
            self._extend(self.plan.rollback_seconds)
            target = watch.target
            done = undo(self.api, target, watch.start, self._records.get(str(target)), wish, self._watch_again) if wish else None
            if done is not None:
                self.report.undone.append(done.as_dict(target))

    def _watch_again(self, target: Target) -> tuple[Verdict, str]:
        """Judge the rollback in the same way, with its own time limit."""
        settings = replace(self.plan.settings, wait=self.plan.rollback_seconds)
        watch = Watching(self.api, self.bell, target, settings, None)
        before, self.watches = self.watches, [watch]
        try:
            while True:
                verdict = watch.verdict(settings)
                if verdict.state != "in_progress":
                    return verdict, text.sentence(watch.start, verdict)
                self._say(f"rollback of {target}", verdict)
                self._rest(self.plan.poll)
        finally:
            watch.end()
            self.watches = before


class _Ended(Exception):
    """The pods reached a final verdict during another stage."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.code)
        self.ending = ending
