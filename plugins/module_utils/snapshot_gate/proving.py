# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Proves a snapshot by restoring it into an instance of its own, which is deleted whatever happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.connection import Aws
from ..reconcile.errors import CallFailed
from ..reconcile.waiting import Clock
from ..recovery.access import Access, Door
from ..recovery.databases import Database, Snapshot
from ..recovery.giving_up import GaveUp, Say
from ..recovery.progress import minutes
from ..recovery.reaping import INSTANCE, Reaper
from ..recovery.restoring import FROM_SNAPSHOT, Restorer, Waits, refusal
from .judging.findings import PASSED, Check, Finding
from .judging.restore import Proof, maker, name_for, request
from .observing import Reader

NOT_PROVEN = ("NoLogin", "SecretFormat")


class Prover:
    def __init__(self, aws: Aws, clock: Clock, reader: Reader, proof: Proof, poll: float, say: Say) -> None:
        self.aws, self.clock, self.reader, self.proof, self.poll = aws, clock, reader, proof, poll
        self.reaper = Reaper(aws, clock, poll)
        self.restorer = Restorer(aws, clock, Waits(proof.timeout, poll), say, "test restore")

    def prove(self, database: Database, snapshot: Snapshot, deployment: str) -> tuple[Check, list[str]]:
        """(the check, notes about what could not be deleted). Raises GaveUp if the snapshot cannot be restored or does not answer."""
        now = self.reader.time.now()
        notes = list(self.reaper.reap(maker(deployment), now, database.resource_id).notes)
        began = self.clock.now()
        name = name_for(database, deployment, self.reader.time.now())
        source = self.restorer.describe(database.identifier)
        try:
            given = request(source, database, snapshot, self.proof, deployment, name, self.reader.time.now())
            self.restorer.begin(FROM_SNAPSHOT, given, lambda _found: True)  # the identifier is new
            usable = self.restorer.usable(name)
            self.restorer.check_version(usable, database.engine_version, f"The snapshot of {database}")
            usable = self.restorer.rebooted(self.restorer.managed_password(name))
            rows = self._query(usable)
        except CallFailed as error:
            found = refusal(error, snapshot.identifier)
            reason = "proof" if error.code in NOT_PROVEN else found.reason
            raise GaveUp(found.state, reason, found.sentence, snapshot) from error
        finally:
            notes += self.reaper.delete(INSTANCE, name).notes
        seconds = self.clock.now() - began
        evidence = {"rows": rows, "seconds": round(seconds)}
        sentence = f"{snapshot.identifier} was restored and answered the smoke query with {rows} rows after {minutes(seconds)}"
        return Check(17, "proof", Finding(PASSED, sentence, evidence)), notes

    def _query(self, instance: Mapping[str, Any]) -> int:
        session = Door(self.aws, self.clock, instance, Access(), self.proof.ca_cert, poll=self.poll).open(self.proof.database)
        try:
            milliseconds = int(self.proof.query_timeout * 1000)
            session.rows(
                "SELECT set_config('statement_timeout', %s, false), set_config('search_path', %s, false)",
                [str(milliseconds), '"$user", public'],
            )
            rows = session.rows(self.proof.query)
        finally:
            session.close()
        if not rows:
            raise GaveUp("failed", "proof", "The smoke query returned no row.")
        return len(rows)
