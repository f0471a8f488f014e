# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One gate for one database. Controls the sequence; judging/ decides."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..aws.connection import Aws
from ..reconcile.errors import CallFailed, failure
from ..reconcile.waiting import Clock, Progress, Stopped
from ..recovery.databases import Database, Snapshot
from ..recovery.giving_up import GaveUp
from ..recovery.server_time import ServerTime
from ..recovery.troubles import reason_of
from .acting import Actor
from .copies import Connect, Copies
from .judging.facts import Facts
from .judging.findings import Check
from .judging.naming import ADOPT, NEW, Choice, choose, existing
from .judging.policy import REQUIRE, TAKE, VERIFY, Policy, is_needed
from .judging.pruning import room, to_delete
from .judging.token import expiry_of, fits
from .judging.verdict import Verdict, after, before, conclusion, not_needed, refusal
from .judging.way_back import WayBack, drill_day, drill_minutes, earlier, way_back
from .observing import Reader
from .plan import Plan
from .proving import Prover


@dataclass
class Timing:
    """Moments of the monotonic clock."""

    began: float = 0.0
    taking: float | None = None
    complete: float | None = None

    def seconds(self, now: float) -> dict[str, float]:
        """total, and snapshot: from the call that takes it, or from the start of the wait, until it is complete."""
        found = {"total": now - self.began}
        if self.taking is not None:
            found["snapshot"] = (self.complete or now) - self.taking
        return found


class Gate:
    """connect: the connection to where a copy is; by default, the same account in the copy's region."""

    def __init__(self, aws: Aws, clock: Clock, plan: Plan, progress: Progress, connect: Connect | None = None) -> None:
        self.clock, self.plan = clock, plan
        self.connect = connect or (lambda to: aws.in_region(to.region))
        self.reader = Reader(aws, ServerTime(clock.now))
        self._aws, self._progress = aws, progress

    def run(self, identifier: str) -> Verdict:
        """The verdict on one database. Never raises an error of AWS: that is a verdict too."""
        one = OneGate(self, identifier)
        return one.run()


class OneGate:
    """The state of one gate while it runs."""

    def __init__(self, gate: Gate, identifier: str) -> None:
        self.plan, self.reader, self.clock = gate.plan, gate.reader, gate.clock
        self.identifier = identifier
        self.policy: Policy = gate.plan.policy
        self._aws = gate._aws
        self.timing = Timing(self.clock.now())
        self.made: Snapshot | None = None
        self.before: tuple[Check, ...] = ()
        self.copying = False
        self.key: str | None = None
        self.actor = Actor(gate._aws, gate.clock, gate.reader, gate.plan, lambda doing, seconds: gate._progress(identifier, doing, seconds))
        self.copies = Copies(gate.connect, gate.clock, gate.reader, gate.plan, self.actor.say)

    def run(self) -> Verdict:
        try:
            verdict = self._decide()
        except GaveUp as found:
            verdict = Verdict(found.state, found.reason, found.sentence, snapshot=found.snapshot)
        except Stopped:
            verdict = Verdict("failed", "interrupted", self._interrupted(), snapshot=self.made)
        except CallFailed as error:
            state = "failed" if self.made or self.copying else "refused"
            verdict = Verdict(state, reason_of(error.code), str(failure(self.identifier, error)), snapshot=self.made)
        verdict = replace(verdict, database=verdict.database or self.identifier)
        return replace(verdict, taken=self.made is not None, copied=bool(self.copies.begun), seconds=self.timing.seconds(self.clock.now()))

    def _interrupted(self) -> str:
        if self.made is None:
            return "Interrupted before a snapshot was taken."
        return f"Interrupted while {self.made.identifier} was being created. AWS continues; a new run of the same deployment waits for it."

    def _decide(self) -> Verdict:
        database = self.reader.database(self.identifier)
        needed, why = is_needed(self.policy, self.plan.changes)
        if self.plan.action == VERIFY:
            return self._verify(database, needed)
        if not needed:
            return not_needed(Facts(database, self.reader.time.now()), self.policy, self.plan.deployment, why)
        if self.plan.proof is not None and database.is_cluster:
            raise GaveUp("refused", "proof", f"{database} cannot be proven: test restores are for DB instances. Leave out proof.")
        snapshots = self.reader.snapshots(database)
        facts = self.reader.facts(database, snapshots)
        choice = self._choice(facts)
        if choice is None:
            return self._none(facts)
        if choice.how == NEW:
            refused = self._may_take(facts)
            if isinstance(refused, Verdict):
                return refused
            if self.plan.check_mode:
                return self._would(facts, choice)
            self.timing.taking = self.clock.now()
            self.made = one = self.actor.take(database, choice.name)
        elif choice.snapshot is not None:
            one = choice.snapshot
        if (choice.how == ADOPT or self.made) and not self.plan.check_mode:
            self.timing.taking = self.timing.taking or self.clock.now()
            one = self.actor.complete(database, one)
            self.timing.complete = self.clock.now()
        if self.plan.action == TAKE and not self.plan.check_mode:
            self.copying = bool(self.policy.copies)
            self.copies.make(database, one)
        return self._conclude(facts, one)

    def _choice(self, facts: Facts) -> Choice | None:
        if self.plan.action == REQUIRE:
            return existing(facts.database, facts.snapshots, self.policy, facts.now)
        return choose(facts.database, self.plan.deployment, facts.snapshots, self.policy, facts.now)

    def _none(self, facts: Facts) -> Verdict:
        """There is no snapshot to require: those of an earlier database with the same identifier do not count."""
        database = facts.database
        old = [one for one in facts.snapshots if one.resource_id != database.resource_id]
        said = f"There is no snapshot of {database} ({database.resource_id})."
        if old:
            said += (
                f" {len(old)} with its identifier are of an earlier database ({old[0].resource_id}): it was recreated, or switched in a "
                "blue/green deployment."
            )
        verdict = Verdict("failed", "no_snapshot", said, database.identifier, database.resource_id)
        return replace(verdict, way_back=self._way_back(facts))

    def _may_take(self, facts: Facts) -> Verdict | None:
        """The refusal, if anything forbids taking a snapshot. Makes room first if the quota is reached."""
        facts = replace(facts, quota=self.reader.quota(facts.database), copies=self.copies.before(facts.database))
        checks = before(facts, self._resolved())
        if any(check.failed and check.name == "quota" for check in checks) and self.plan.prune:
            going = room(facts.database, facts.snapshots, self.plan.retention, facts.now)
            others = [check for check in checks if check.failed and check.name != "quota"]
            if going and not others and self.plan.check_mode:
                self.before = tuple(check for check in checks if not check.failed)
                return None
            if going and not others:
                self.actor.delete(facts.database, going)
                facts = replace(facts, quota=self.reader.quota(facts.database), copies=self.copies.before(facts.database))
                checks = before(facts, self._resolved())
        self.before = checks
        return refusal(facts, checks)

    def _would(self, facts: Facts, choice: Choice) -> Verdict:
        database = facts.database
        going = to_delete(database, facts.snapshots, self.plan.retention, facts.now) if self.plan.prune else []
        said = f"A snapshot {choice.name} of {database} would be taken."
        if self.policy.copies:
            said = f"{said[:-1]} and copied to {', '.join(self.copies.names(database))}."
        if going:
            said += f" Afterwards, {', '.join(one.identifier for one in going)} would be deleted."
        found = Verdict("passed", "would_take", said, database.identifier, database.resource_id, self.before)
        return replace(found, way_back=self._way_back(facts), pruned=tuple(one.identifier for one in going))

    def _conclude(self, facts: Facts, one: Snapshot) -> Verdict:
        """Judge the snapshot by what AWS says now, and prune after a success."""
        now = self._facts_about(self.reader.again(facts.database), facts.snapshots, one)
        judged = after(now, self._resolved())
        earlier_ones = tuple(check for check in self.before if check.name not in {other.name for other in judged})
        verdict = conclusion(now, self.policy, self.plan.deployment, (*earlier_ones, *judged))
        verdict = replace(verdict, way_back=self._way_back(now), copies=now.copies or ())
        if verdict.state != "passed":
            return verdict
        if self.timing.taking is not None and self.timing.complete is not None:
            verdict = verdict.noting(earlier(one, facts.snapshots, self.timing.complete - self.timing.taking))
        verdict = self._proven(verdict, now.database, one)
        return self._pruned(verdict, now, one) if self.plan.prune and self.plan.action != VERIFY else verdict

    def _proven(self, verdict: Verdict, database: Database, one: Snapshot) -> Verdict:
        """Add the proof by a test restore, if one is asked for."""
        if self.plan.proof is None or self.plan.check_mode or self.plan.action == VERIFY:
            return verdict
        prover = Prover(self._aws, self.clock, self.reader, self.plan.proof, self.plan.limits.poll, self.actor.say)
        check, notes = prover.prove(database, one, self.plan.deployment)
        return replace(verdict, checks=(*verdict.checks, check)).noting(*notes)

    def _resolved(self) -> Policy:
        """The policy with its key as an ARN, which is what snapshots name. The token covers the policy as it was given."""
        if self.key is None:
            self.key = self.reader.resolved(self.policy)
        return replace(self.policy, kms_key=self.key)

    def _facts_about(self, database: Database, snapshots: tuple[Snapshot, ...], one: Snapshot) -> Facts:
        found = replace(self.reader.facts(database, snapshots), snapshot=one, shared_with=self.reader.shared_with(database, one))
        if self.policy.require_quiesced and one.data_time is not None:
            found = replace(found, connections=self.reader.connections(database, one.data_time))
        if self.policy.copies and not (self.plan.check_mode and self.plan.action == TAKE):
            found = replace(found, copies=self.copies.after(database, one))
        return found

    def _way_back(self, facts: Facts) -> WayBack:
        given, tags = self.plan.drill, facts.database.tags
        return way_back(facts, self.policy, drill_minutes(given, tags), drill_day(given, tags))

    def _pruned(self, verdict: Verdict, facts: Facts, one: Snapshot) -> Verdict:
        """Delete old snapshots of ours. That one could not be deleted does not change the verdict."""
        everything = (one, *(other for other in facts.snapshots if other.arn != one.arn), *self.copies.in_progress(facts.database))
        going = to_delete(facts.database, everything, self.plan.retention, facts.now, one.arn)
        there, kept_there = self.copies.prune(facts.database, facts.now, one)
        if self.plan.check_mode:
            return replace(verdict, pruned=(*(other.identifier for other in going), *there))
        gone, kept = self.actor.delete(facts.database, going)
        return replace(verdict, pruned=(*gone, *there)).noting(*kept, *kept_there)

    def _verify(self, database: Database, needed: bool) -> Verdict:
        """Whether a token is still good, by what AWS says now. Waits for nothing and changes nothing."""
        token = self.plan.tokens.get(self.identifier, "")
        expiry = expiry_of(token)
        now = self.reader.time.now()
        found = Verdict("refused", "", "", database.identifier, database.resource_id)
        if expiry is None:
            return replace(found, reason="no_token", sentence=f"There is no token for {database}: run the gate first.")
        if expiry <= now:
            return replace(found, reason="expired", sentence=f"The token for {database} has expired: run the gate again.")
        deployment, resource_id = self.plan.deployment, database.resource_id
        if not needed and fits(token, deployment, resource_id, "", self.policy):
            return not_needed(Facts(database, now), self.policy, deployment, "the token of a gate that needed none is still valid")
        snapshots = self.reader.snapshots(database)
        bound = [one for one in snapshots if fits(token, deployment, resource_id, one.arn, self.policy)]
        if not bound:
            said = (
                f"The token is not of {deployment}, {database} ({resource_id}) and this policy, or its snapshot has been deleted: run the "
                "gate again."
            )
            return replace(found, reason="token", sentence=said)
        facts = self.reader.facts(database, snapshots)
        return self._conclude(facts, bound[0])
