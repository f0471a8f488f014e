# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Carries out a script within a transaction that the caller has begun. Errors name the file and the line, and no values."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ...reconcile.errors import CallFailed
from ..problems import NOT_IN_TRANSACTION, Rejected
from ..quoting import identifier
from ..session import Session
from .portable import AS_LOGIN, DROP, Rules
from .source import Script
from .splitting import ScriptProblem, Statement, statements

Say = Callable[[str, float], None]
"""What is being done, and for how many seconds."""

WITHOUT_TRANSACTION = "A script is one transaction, so it cannot contain this statement."


@dataclass(frozen=True)
class Ran:
    """``rows``: changed by INSERT, UPDATE, DELETE, and COPY. ``notes``: what was left out."""

    statements: int
    rows: int
    notes: tuple[str, ...]


class ScriptRun:
    """``owner``: the role that the statements run as; empty for the login itself."""

    def __init__(self, session: Session, rules: Rules, owner: str, seconds: float, say: Say, proceed: Callable[[], None]) -> None:
        """``seconds``: limit of each statement. ``proceed`` is called before each and raises if the run is to stop."""
        self._session, self._rules, self._owner, self._say, self._proceed = session, rules, owner, say, proceed
        self._seconds = seconds
        self._began = 0.0

    def run(self, script: Script) -> Ran:
        """Raises CallFailed."""
        self._began, done, rows, read = time.monotonic(), 0, 0, _Read(script.size)
        left: Counter[str] = Counter()
        where = "the beginning"
        try:
            self._set_up()
            with script.lines() as lines:
                for statement in statements(read.counted(lines)):
                    where = f"line {statement.line}"
                    self._proceed()
                    decision = self._rules(statement)
                    if decision.what == DROP:
                        left.update([decision.note] if decision.note else [])
                        continue
                    rows += self._carry_out(statement, decision.what == AS_LOGIN, script, read)
                    done += 1
            self._clean_up()
        except ScriptProblem as error:
            raise CallFailed(f"{script.name}: {error}. Nothing of it was kept", "run the script", "Script") from None
        except Rejected as error:
            hint = WITHOUT_TRANSACTION if error.code == NOT_IN_TRANSACTION else ""
            raise CallFailed(
                f"{script.name}, {where}: {error.message}. Nothing of it was kept", "run the script", error.code, hint
            ) from None
        return Ran(done, rows, tuple(f"{script.name}: left out {number} x {note}" for note, number in sorted(left.items())))

    def _set_up(self) -> None:
        """As a new session would be, for each script: the one before may have changed it."""
        if self._owner:
            self._session.send(f"SET LOCAL ROLE {identifier(self._owner)}".encode())
        self._session.send(b"""SET LOCAL search_path = "$user", public""")
        self._session.send(b"SET LOCAL client_encoding = 'UTF8'")
        self._session.send(f"SET LOCAL statement_timeout = {int(self._seconds * 1000)}".encode())

    def _clean_up(self) -> None:
        self._session.send(b"RESET ROLE")
        self._session.send(b"SET LOCAL search_path = pg_catalog")
        self._session.send(b"SET LOCAL client_encoding = 'UTF8'")

    def _carry_out(self, statement: Statement, as_login: bool, script: Script, read: _Read) -> int:
        self._tell(script, read)
        if as_login and self._owner:
            self._session.send(b"RESET ROLE")
        rows = None if statement.rows is None else self._telling(statement.rows, script, read)
        changed = self._session.send(statement.text, rows)
        if as_login and self._owner:
            self._session.send(f"SET LOCAL ROLE {identifier(self._owner)}".encode())
        return 0 if statement.begins("select") else changed

    def _telling(self, rows: Iterable[bytes], script: Script, read: _Read) -> Iterator[bytes]:
        for number, row in enumerate(rows):
            if number % 10000 == 0:
                self._proceed()
                self._tell(script, read)
            yield row

    def _tell(self, script: Script, read: _Read) -> None:
        self._say(f"{script.name}: {read.percent} % of {script.size / 1e6:.1f} MB", time.monotonic() - self._began)


class _Read:
    """How much of a script has been read."""

    def __init__(self, size: int) -> None:
        self._size, self._bytes = size, 0

    def counted(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            self._bytes += len(line)
            yield line

    @property
    def percent(self) -> int:
        return min(100, round(100 * self._bytes / self._size)) if self._size else 100
