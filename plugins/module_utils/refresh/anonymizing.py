# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is done with each database of a restored server: SQL of the inventory's, or a stated reason to do nothing.

The SQL of a database and its checks are one transaction. Nothing here returns or reports a value of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..domains.database_content.server.acting import acting_as, database_owner
from ..loading.options import checks_wrong
from ..postgresql.problems import Rejected
from ..postgresql.script.portable import as_written
from ..postgresql.script.running import Say, ScriptRun
from ..postgresql.script.source import Script, look
from ..postgresql.script.splitting import ScriptProblem
from ..postgresql.script.verifying import failed_checks, row_counts
from ..postgresql.session import Session
from ..reconcile.errors import CallFailed

IGNORED = ("rdsadmin", "template0", "template1")
SHORTEST_REASON = 8
KNOWN = ("files", "checks", "none")

ANY_TABLE = """SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm', 'f')
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' LIMIT 1"""

FULL = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> ALL (%s) ORDER BY datname"


@dataclass(frozen=True)
class Treatment:
    """``reason``: why a database needs no SQL; empty if ``scripts`` are run in it. ``checks``: queries that must find nothing."""

    database: str
    scripts: tuple[Script, ...] = ()
    checks: Mapping[str, str] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Treated:
    database: str
    rows: int
    counts: Mapping[str, int]


def treatments(given: Mapping[str, Any], path: str = "anonymize") -> tuple[dict[str, Treatment], list[str]]:
    """By database, and every problem. Reads the files."""
    problems = (
        []
        if given
        else [f"{path} is empty; name every database of the source, each with files of SQL, or with none and the reason why it needs none"]
    )
    found = {}
    for database, one in given.items():
        where = f"{path}.{database}"
        if not isinstance(one, Mapping):
            problems.append(f"{where} is {one!r}; it must have files, or none with a reason")
            continue
        wrong = _wrong(one, where)
        scripts, more = _scripts(one.get("files") or [], where)
        problems += wrong + more
        if not wrong and not more:
            checks = {str(name): str(query) for name, query in (one.get("checks") or {}).items()}
            found[str(database)] = Treatment(str(database), scripts, checks, str(one.get("none") or ""))
    return found, problems


def _wrong(one: Mapping[str, Any], where: str) -> list[str]:
    problems = [f"{where} has {name!r}; it can have {', '.join(KNOWN)}" for name in one if name not in KNOWN]
    files, reason, checks = one.get("files") or [], one.get("none"), one.get("checks") or {}
    if bool(files) == (reason is not None):
        problems.append(f"{where} must have either files, or none with the reason why this database needs no SQL")
    if reason is not None and (not isinstance(reason, str) or len(reason.strip()) < SHORTEST_REASON):
        problems.append(f"{where}.none is {reason!r}; it must be the reason, in words")
    if files and not checks:
        problems.append(f"{where} has no checks; name at least one query that finds rows that are not anonymized")
    if not isinstance(files, list) or not isinstance(checks, Mapping):
        return [*problems, f"{where}: files must be a list, and checks a mapping of names to queries"]
    return problems + [f"{where}.{text}" for text in checks_wrong(checks)]


def _scripts(files: Iterable[Any], where: str) -> tuple[tuple[Script, ...], list[str]]:
    scripts, problems = [], []
    for path in files if isinstance(files, list) else ():
        try:
            scripts.append(look(str(path)))
        except ScriptProblem as error:
            problems.append(f"{where}.files: {error}")
    return tuple(scripts), problems


def uncovered(session: Session, treated: Mapping[str, Treatment]) -> list[str]:
    """Databases of the server that no treatment names. Nothing of production may arrive by oversight.

    The session is in database postgres, which need not be named while it has no table.
    """
    there = [str(row[0]) for row in session.rows(FULL, [list(IGNORED)])]
    empty = () if session.rows(ANY_TABLE) else ("postgres",)
    missing = [name for name in there if name not in treated and name not in empty]
    gone = sorted(set(treated) - set(there))
    found = [f"database {name} of the source is not in anonymize" for name in missing]
    return found + [f"anonymize names database {name}, which the source does not have" for name in gone]


class Anonymizer:
    def __init__(self, seconds: float, say: Say, proceed: Callable[[], None]) -> None:
        """``seconds``: limit of each statement. ``proceed`` raises if the run is to stop."""
        self._seconds, self._say, self._proceed = seconds, say, proceed

    def treat(self, session: Session, treatment: Treatment) -> Treated:
        """Run the SQL of a database and check the result, as its owner. All or nothing. Raises CallFailed, whose text has no values."""
        with session.transaction("anonymize") as run:
            owner = database_owner(session)
            with acting_as(session, run, [owner]):
                runner = ScriptRun(
                    session, as_written, "" if owner == session.user else owner, self._seconds, self._tell(treatment), self._proceed
                )
                rows = sum(runner.run(script).rows for script in treatment.scripts)
                self._tell(treatment)("the result is checked", 0)
                self._check(session, treatment)
                counts = row_counts(session)
        return Treated(treatment.database, rows, counts)

    def _tell(self, treatment: Treatment) -> Say:
        return lambda doing, seconds: self._say(f"database {treatment.database}: {doing}", seconds)

    def _check(self, session: Session, treatment: Treatment) -> None:
        try:
            wrong = [str(one) for one in failed_checks(session, treatment.checks or {})]
        except Rejected as error:
            wrong = [error.message]
        if wrong:
            said = f"database {treatment.database} is not anonymized: {'; '.join(wrong)}"
            raise CallFailed(said, "check", "NotAnonymized", "Correct the SQL. Nothing was released.")
