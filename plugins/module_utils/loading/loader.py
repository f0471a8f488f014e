# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Loads scripts into a database, once per content, in one transaction together with the record of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..component.names import PRODUCTION
from ..domains.database_content.server.acting import acting_as, database_owner
from ..domains.database_content.server.marks import mark_in
from ..postgresql.problems import Rejected
from ..postgresql.quoting import identifier, literal
from ..postgresql.script.portable import as_written, portable
from ..postgresql.script.running import Ran, Say, ScriptRun
from ..postgresql.script.source import Script
from ..postgresql.script.verifying import SCHEMA, failed_checks, row_counts, wrong_counts
from ..postgresql.session import Session
from ..reconcile.errors import CallFailed
from .options import LoadPlan

RECORD = f"{SCHEMA}.loads"
LOCK = 6131867302170641
"""The advisory lock that two loads into one database take in turn; an arbitrary constant."""

TABLE = f"""CREATE TABLE IF NOT EXISTS {RECORD} (digest text PRIMARY KEY, name text NOT NULL, loaded_at timestamptz NOT NULL DEFAULT now(),
    statements bigint NOT NULL, changed_rows bigint NOT NULL)"""

OPERATION = "load"


@dataclass(frozen=True)
class Loaded:
    """``loaded``, ``skipped``: names of files. ``before``, ``after``: table -> number of rows; ``after`` is empty in check mode."""

    loaded: tuple[str, ...]
    skipped: tuple[str, ...]
    before: Mapping[str, int]
    after: Mapping[str, int]
    rows: int = 0
    statements: int = 0
    notes: tuple[str, ...] = ()


class Loader:
    def __init__(self, plan: LoadPlan, say: Say, proceed: Callable[[], None]) -> None:
        """``proceed`` raises if the run is to stop."""
        self._plan, self._say, self._proceed = plan, say, proceed

    def look(self, session: Session) -> Loaded:
        """What a load would do. The session may be read-only. Raises CallFailed."""
        self._refuse_other_environment(session)
        waiting, skipped = self._waiting(session)
        before = row_counts(session)
        if waiting:
            self._refuse_existing(before)
        return Loaded(tuple(one.name for one in waiting), skipped, before, {})

    def load(self, session: Session) -> Loaded:
        """Load what has not been loaded. All or nothing. Raises CallFailed."""
        self._refuse_other_environment(session)
        owner = self._plan.owner or database_owner(session)
        with session.transaction(OPERATION) as run:
            self._lock(session)
            with acting_as(session, run, [owner]):
                found = self._load(session, run, "" if owner == session.user else owner)
        return found

    def _load(self, session: Session, run: Callable[[str], None], owner: str) -> Loaded:
        waiting, skipped = self._waiting(session)
        before = row_counts(session)
        if not waiting:
            return Loaded((), skipped, before, before)
        self._refuse_existing(before)
        runner = ScriptRun(
            session, portable if self._plan.portable else as_written, owner, self._plan.statement_timeout, self._say, self._proceed
        )
        ran = [(script, runner.run(script)) for script in waiting]
        self._say("the rows are counted and checked", 0)
        after = row_counts(session)
        self._verify(session, after)
        self._record(run, owner, ran)
        return Loaded(
            tuple(one.name for one in waiting),
            skipped,
            before,
            after,
            sum(one.rows for dummy, one in ran),
            sum(one.statements for dummy, one in ran),
            tuple(note for dummy, one in ran for note in one.notes),
        )

    def _lock(self, session: Session) -> None:
        """Another load is waited for by whoever comes second, who then finds what the first has recorded."""
        if not session.rows(f"SELECT pg_try_advisory_xact_lock({LOCK})")[0][0]:
            raise CallFailed(
                f"another load into {self._plan.database} is in progress",
                OPERATION,
                "InProgress",
                "Wait until it ends, and run again: what it has loaded is not loaded twice.",
            )

    def _waiting(self, session: Session) -> tuple[list[Script], tuple[str, ...]]:
        """(scripts that have not been loaded, names of the others)."""
        known: set[str] = set()
        if session.rows("SELECT to_regclass(%s)", [RECORD])[0][0] is not None:
            known = {str(row[0]) for row in session.rows(f"SELECT digest FROM {RECORD}")}  # noqa: S608 - a constant
        scripts = self._plan.scripts
        return [one for one in scripts if one.digest not in known], tuple(one.name for one in scripts if one.digest in known)

    def _refuse_other_environment(self, session: Session) -> None:
        """The mark of a database says whose it is, whatever the inventory says."""
        query = "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = current_database()"
        mark = mark_in(str(session.rows(query)[0][0]))
        if mark is None or mark.environment == self._plan.environment:
            return
        production = " It is production." if mark.environment in PRODUCTION else ""
        raise CallFailed(
            f"database {self._plan.database} at {self._plan.target.host} belongs to {mark.owner}, not to environment "
            f"{self._plan.environment}.{production}",
            OPERATION,
            "OtherEnvironment",
            "Correct the endpoint.",
        )

    def _refuse_existing(self, before: Mapping[str, int]) -> None:
        full = {table: number for table, number in before.items() if number}
        if not full or self._plan.into_existing:
            return
        shown = ", ".join(f"{table} ({number})" for table, number in list(full.items())[:5]) + (", ..." if len(full) > 5 else "")
        raise CallFailed(
            f"database {self._plan.database} has rows already, in {shown}",
            OPERATION,
            "NotEmpty",
            "Set into_existing if the load is meant to add to them; or else load into an empty database.",
        )

    def _verify(self, session: Session, after: Mapping[str, int]) -> None:
        wrong = wrong_counts(self._plan.expect, after)
        try:
            wrong += [str(one) for one in failed_checks(session, self._plan.checks)]
        except Rejected as error:
            wrong.append(error.message)
        if wrong:
            raise CallFailed(f"{'; '.join(wrong)}. Nothing of the load was kept", "check the load", "Different", "Compare with the source.")

    def _record(self, run: Callable[[str], None], owner: str, ran: list[tuple[Script, Ran]]) -> None:
        """Part of the same transaction: what is recorded is loaded, and the other way round."""
        if owner:
            run(f"SET LOCAL ROLE {identifier(owner)}")
        run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        run(TABLE)
        for script, one in ran:
            values = f"{literal(script.digest)}, {literal(script.name)}, {one.statements}, {one.rows}"
            run(f"INSERT INTO {RECORD} (digest, name, statements, changed_rows) VALUES ({values})")  # noqa: S608 - quoted
        run("ANALYZE")
        run("RESET ROLE")
