# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One refresh. Controls the sequence; the files beside it read, act, and decide.

Nothing is released before it is anonymized and verified: the restored instance has an identifier that nobody knows, only its master can log
in, and it takes the place of the other one last. A run that is killed leaves resources that carry its tag; the next run deletes them and
begins again, unless the instance was released already, which it then finishes to put in place.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..aws.connection import Aws
from ..domains.database_content.server.link import ServerLink, Target
from ..kinds.vault import Vault
from ..postgresql.session import Session
from ..reconcile.errors import CallFailed
from ..reconcile.waiting import Clock, Stopped, until
from ..recovery.databases import Database, Snapshot, tags_of
from ..recovery.giving_up import GaveUp, Say
from ..recovery.moments import iso
from ..recovery.reading import Reading
from ..recovery.reaping import INSTANCE, Reaper
from .anonymizing import Anonymizer, uncovered
from .mixups import mixups, side_of
from .ownership import Ownership
from .plan import RefreshPlan, Report
from .quarantine import check, lock_out
from .replacing import GONE_SECONDS, RELEASED, Replacement
from .transferring import Transfer, maker_of

LOGIN_SECONDS = 180.0


class Refresher:
    def __init__(
        self,
        plan: RefreshPlan,
        readings: tuple[Reading, Reading],
        accounts: tuple[str, str],
        clock: Clock,
        say: Say,
        report: Report,
        hide: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """``readings``, ``accounts``: of the source and of the target. ``hide`` receives each password that is read."""
        self._hide = hide
        self._plan, self._clock, self._say = plan, clock, say
        self._source, self._target = readings
        self._accounts = accounts
        self.report = report
        self._transfer = Transfer(plan, self._source, self._target, accounts, clock, say)
        self._replacement = Replacement(plan, self._target, clock, say)

    def run(self) -> bool:
        """Whether something was (in check mode, would be) changed. Raises GaveUp and CallFailed, and leaves nothing then."""
        source = self._describe(self._source, self._plan.origin.identifier)
        target = self._replacement.target()
        released = self._replacement.released()
        self._refuse_mixups(source, target if target is not None else released)
        if self._plan.check_mode:
            snapshot = self._transfer.latest()
            self._remember(snapshot)
            return True
        if released is None and target is not None:
            database = self._source.database(self._plan.origin.identifier)
            self._made(database, target)
        self._phase("cut over", partial(self._replacement.cut_over, self.report))
        return True

    def _made(self, database: Database, target: dict[str, Any]) -> None:
        """A released instance beside the target. Whatever carries data of production is deleted otherwise."""
        done = False
        try:
            self._delete_restored()
            snapshot = self._phase("snapshot", self._transfer.latest)
            self._remember(snapshot)
            copy = self._phase("copy", partial(self._transfer.fetch, database, snapshot))
            instance = self._phase("restore", partial(self._replacement.restore, target, copy, database))
            self._phase("anonymize", partial(self._treated, instance))
            self._replacement.release()
            done = True
        finally:
            self._tidy(keep=done)

    def _tidy(self, *, keep: bool) -> None:
        """Delete the copies, and the instance unless it was released. What cannot be deleted is a note, and no new error."""
        with self._noting():
            if not keep:
                self._delete_restored()
        with self._noting():
            self.report.notes += [*self._transfer.clear(), *self._transfer.notes]

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except CallFailed as error:
            self.report.notes.append(f"Copies of production may be left: {error.operation} ({error.code}): {error.message}. Run again.")
        except Stopped:
            self.report.notes.append("Copies of production may be left, because the run was interrupted. Run again.")

    def _delete_restored(self) -> None:
        reaper = Reaper(self._target.aws, self._clock, self._plan.limits.poll)
        found = reaper.reap(maker_of(self._plan), self._target.time.now(), kinds=(INSTANCE,))
        self.report.notes += found.notes
        for name in found.gone:
            reaper.wait_until_gone(INSTANCE, name, GONE_SECONDS)

    def _describe(self, reading: Reading, identifier: str) -> dict[str, Any]:
        reading.database(identifier)  # hears the time, and says where it looked
        reply = reading.aws.read("rds", "describe_db_instances", DBInstanceIdentifier=identifier)
        return dict(reply["DBInstances"][0])

    def _refuse_mixups(self, source: dict[str, Any], target: dict[str, Any] | None) -> None:
        if target is None:
            raise GaveUp(
                "refused",
                "no_target",
                f"There is no DB instance {self._plan.identifier} to refresh in {self._target.aws.region}: create it with the role rds.",
            )
        origin = self._plan.origin
        there = side_of(source, origin.environment, self._accounts[0], self._source.aws.region)
        here = side_of(target, self._plan.environment, self._accounts[1], self._target.aws.region)
        if RELEASED not in tags_of(target) and (found := mixups(there, here, self._plan.component)):
            raise GaveUp("refused", "mixed_up", "; ".join(found) + ". Nothing was changed.")

    def _remember(self, snapshot: Snapshot) -> None:
        self.report.snapshot, self.report.taken = snapshot.identifier, iso(snapshot.started)

    def _phase(self, name: str, work: Callable[[], Any]) -> Any:
        began = self._clock.now()
        try:
            return work()
        finally:
            self.report.phases[name] = self._clock.now() - began

    def _treated(self, instance: dict[str, Any]) -> None:
        """Close the restored server, treat every database, and take over its marks. Raises CallFailed."""
        aws = self._target.aws
        link, server = self._logged_in(instance)
        try:
            self.report.locked_out = lock_out(server)
            if wrong := uncovered(server, self._plan.treatments):
                raise CallFailed(f"{'; '.join(wrong)}. Nothing was released", "anonymize", "NotCovered", "Name every database.")
            self._databases(aws, link)
            self._ownership().of_server(server)
            check(server)
        finally:
            link.close()

    def _logged_in(self, instance: dict[str, Any]) -> tuple[ServerLink, Session]:
        """The first login: the name of a new endpoint may take a while to be known, and so may its password."""
        aws, address = self._target.aws, self._address(instance)
        failed: CallFailed | None = None
        for waited in until(self._clock, LOGIN_SECONDS, self._plan.limits.poll):
            link = ServerLink(address, Vault({}, self._hide), (), needed=True)
            try:
                return link, link.changing(aws)
            except CallFailed as error:
                link.close()
                if error.code not in ("Unreachable", "LoginRefused"):
                    raise
                failed = error
            self._say(f"{address.host} does not let us in yet", waited)
        raise failed or CallFailed(f"{address.host} does not let us in", "log in")

    def _databases(self, aws: Aws, link: ServerLink) -> None:
        anonymizer = Anonymizer(self._plan.limits.statement, self._say, lambda: self._clock.pause(0))
        for treatment in self._plan.treatments.values():
            session: Session = link.changing(aws, treatment.database)
            self._clock.on_stop(session.cancel)
            self.report.treated.append(anonymizer.treat(session, treatment))
            self._ownership().of_database(session, treatment.database)
            link.leave(treatment.database)

    def _ownership(self) -> Ownership:
        return Ownership(self._plan.contents, self._plan.within, self._plan.environment, self._plan.component)

    def _address(self, instance: dict[str, Any]) -> Target:
        endpoint = instance["Endpoint"]
        return Target(
            host=str(endpoint["Address"]),
            port=int(endpoint["Port"]),
            ca=self._plan.ca,
            user=str(instance["MasterUsername"]),
            secret_arn=str(instance["MasterUserSecret"]["SecretArn"]),
        )
