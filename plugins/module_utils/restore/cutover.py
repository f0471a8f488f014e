# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One cut-over. Each step is waited for and then seen in what AWS says before the next begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ..aws.connection import Aws
from ..aws.tags import tag_list
from ..inputs.problems import suggestion
from ..reconcile.errors import Ambiguous, CallFailed
from ..reconcile.waiting import Clock, Stopped, until
from ..recovery.databases import instance_of
from ..recovery.giving_up import GaveUp, Say
from ..recovery.progress import minutes
from ..recovery.reading import instances
from ..recovery.server_time import ServerTime
from ..recovery.troubles import BUSY, reason_of
from ..snapshot_gate.observing import Reader
from . import cutover_steps as logic
from .choosing import as_refusal
from .cutover_steps import Attached, Pair, Step
from .run import FAILED, INTERRUPTED, REFUSED

RENAME, APPLICATION = "rename", "application"
DONE, WOULD, PRINTED = "done", "would_cut_over", "printed"
RECENT = 300.0
READY = ("available", "storage-optimization")


@dataclass(frozen=True)
class Plan:
    """old_name: what the old instance is called afterwards; empty for one with the date. accept: what need not follow."""

    name: str
    target: str
    old_name: str = ""
    by: str = RENAME
    accept: tuple[str, ...] = ()
    any_target: bool = False
    timeout: float = 3600.0
    poll: float = 10.0
    check_mode: bool = False


@dataclass(frozen=True)
class Result:
    """done, left: sentences. state: done, would_cut_over, printed, failed, or refused."""

    state: str
    reason: str
    sentence: str
    pair: Pair | None = None
    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    way_back: str = ""
    attached: Attached = field(default_factory=Attached)
    notes: tuple[str, ...] = ()


class CutOver:
    """``say`` reports progress."""

    def __init__(self, aws: Aws, clock: Clock, plan: Plan, say: Say) -> None:
        self.aws, self.clock, self.plan, self.say = aws, clock, plan, say
        self.time = ServerTime(clock.now)
        self.found = Result(REFUSED, "", "")
        self.changed = False

    def run(self) -> Result:
        """The result. An error of AWS is a result too."""
        try:
            self._cut_over()
        except GaveUp as error:
            self._end(error.state, error.reason, error.sentence)
        except Stopped:
            self._end(FAILED, INTERRUPTED, f"Interrupted. {self._continue()}")
        except CallFailed as error:
            state = FAILED if self.changed else REFUSED
            self._end(state, reason_of(error.code), f"{as_refusal(error)} {self._continue()}".strip())
        return self.found

    def _end(self, state: str, reason: str, sentence: str) -> None:
        self.found = replace(self.found, state=state, reason=reason, sentence=sentence)

    def _continue(self) -> str:
        return f"Run the same again to continue. Left: {'; '.join(self.found.left)}." if self.found.left else ""

    def _cut_over(self) -> None:
        found = self._pair()
        if wrong := logic.refusals(found, self.plan.any_target):
            raise GaveUp(REFUSED, "instances", " ".join(wrong))
        left = logic.steps(found)
        self._left(left)
        self.found = replace(self.found, pair=found, notes=tuple(logic.notes(found)), way_back=logic.way_back(found))
        if not left:
            self._end(DONE, DONE, f"{found.name} is already {found.new.resource_id}; {found.old_name} is the one before.")
            return
        if found.old.identifier == found.name:
            self._check(found)
        if self.plan.by == APPLICATION:
            self._print(found)
        elif self.plan.check_mode:
            self._end(WOULD, WOULD, f"The cut-over would {'; '.join(step.sentence for step in left)}.")
        else:
            self._carry_out(left)

    def _left(self, left: list[Step]) -> None:
        self.found = replace(self.found, left=tuple(step.sentence for step in left))

    def _pair(self) -> Pair:
        plan, everything = self.plan, instances(self.aws, self.time)
        old_name = plan.old_name or f"{plan.name[:44]}-before-{datetime.fromtimestamp(self.time.now(), UTC):%Y-%m-%d}"
        found, missing = logic.pair(plan.name, plan.target, old_name, everything)
        if found is None:
            names = sorted(str(one["DBInstanceIdentifier"]) for one in everything)
            hint = suggestion(missing, names)[:400] if names else "there are none"
            raise GaveUp(REFUSED, "instances", f"There is no DB instance {missing} in {self.aws.region}: {hint}.")
        taken = {str(one["DBInstanceIdentifier"]) for one in everything if one["DbiResourceId"] != found.old.resource_id}
        if found.old_name in taken:
            raise GaveUp(REFUSED, "old_name", f"There is a DB instance {found.old_name} already. Set old_name to another identifier.")
        return found

    def _check(self, found: Pair) -> None:
        """What does not follow a rename, before the first step."""
        old = found.old
        attached = Attached(
            connections=Reader(self.aws, self.time).connections(instance_of(old.raw), self.time.now() - RECENT),
            replicas=tuple(str(one) for one in old.raw.get("ReadReplicaDBInstanceIdentifiers") or ()),
            proxies=tuple(self._proxies(old.identifier)),
            backups=tuple(
                str(one.get("DBInstanceAutomatedBackupsArn")) for one in old.raw.get("DBInstanceAutomatedBackupsReplications") or ()
            ),
        )
        self.found = replace(self.found, attached=attached)
        wrong = logic.objections(found, attached, self.plan.accept) if self.plan.by == RENAME else []
        if wrong:
            raise GaveUp(REFUSED, "attached", " ".join(wrong))

    def _proxies(self, identifier: str) -> list[str]:
        names = [str(one["DBProxyName"]) for one in self.aws.list_all("rds", "describe_db_proxies", "DBProxies")]
        return [
            name
            for name in names
            if any(
                one.get("RdsResourceId") == identifier
                for one in self.aws.list_all("rds", "describe_db_proxy_targets", "Targets", DBProxyName=name)
            )
        ]

    def _print(self, found: Pair) -> None:
        before, after = (side.raw.get("Endpoint") or {} for side in (found.old, found.new))
        sentence = (
            f"Nothing was changed. Set the database host of the applications from {before.get('Address')} to {after.get('Address')}, port "
            f"{after.get('Port')}, then restart them. To go back, set it to {before.get('Address')} again."
        )
        self.found = replace(self.found, left=(), way_back=f"Set the database host to {before.get('Address')} again.")
        self._end(PRINTED, PRINTED, sentence)

    def _carry_out(self, left: list[Step]) -> None:
        """The first step of what is left, and again from what AWS says then, until nothing is."""
        for waited in until(self.clock, self.plan.timeout, self.plan.poll):
            found = self._pair()
            left = logic.steps(found)
            self._left(left)
            if not left:
                self.found = replace(self.found, pair=found)
                said = f"{found.name} is now {found.new.resource_id}, and the instance before it is called {found.old_name}."
                self._end(DONE, DONE, f"{said} {self.found.way_back}")
                return
            step = left[0]
            if self._take(step, found):
                self.found = replace(self.found, done=tuple(dict.fromkeys((*self.found.done, step.sentence))))
            self.say(f"waits to {step.sentence}", waited)
        raise GaveUp(FAILED, "timeout", f"The cut-over is not complete after {minutes(self.plan.timeout)}. {self._continue()}")

    def _take(self, step: Step, found: Pair) -> bool:
        """Whether a step could be sent. All of them set absolute values, so a lost reply is answered by looking again."""
        side = found.old if step.side == logic.OLD else found.new
        if step.what in (logic.RENAME_OLD, logic.RENAME_NEW) and side.status not in READY:
            return False
        try:
            self._send(step, found)
        except Ambiguous:
            return True
        except CallFailed as error:
            if error.code not in BUSY:
                raise
            return False
        return True

    def _send(self, step: Step, found: Pair) -> None:
        if step.what == logic.MARK_STEP:
            for side, mark in zip((found.old, found.new), found.marks, strict=True):
                self._tag(side.arn, {logic.CUT_OVER: str(mark)})
        elif step.what == logic.RENAME_OLD:
            self._rename(found.old.identifier, found.old_name)
        elif step.what == logic.RENAME_NEW:
            self._rename(found.new.identifier, found.name)
        elif step.what == logic.GIVE_TAGS:
            self._tag(found.new.arn, logic.owner_tags(found.old.tags))
        else:
            gone = sorted({*logic.owner_tags(found.old.tags), *({logic.CREDENTIALS} & set(found.old.tags))})
            self.aws.change("rds", "remove_tags_from_resource", ResourceName=found.old.arn, TagKeys=gone)

    def _tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self.aws.change("rds", "add_tags_to_resource", ResourceName=arn, Tags=tag_list(tags))
        self.changed = True

    def _rename(self, before: str, after: str) -> None:
        given = {"DBInstanceIdentifier": before, "NewDBInstanceIdentifier": after, "ApplyImmediately": True}
        self.aws.change("rds", "modify_db_instance", **given)
