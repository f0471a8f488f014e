# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What surrounds the modules of one run, in Ansible's own process.

Workers find imported what they will need, SIGTERM ends a run as Ctrl-C does, and what modules leave for the end of the run is collected:
parts of saved plans, and the reports of those that were interrupted. The callback plan_summary makes one ``Supervision`` for a run and
shows what it collects.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..component.interruption import FOLDER_VARIABLE, reports, wait_for_reports
from ..component.lock_entries import RUN_VARIABLE
from .compiled import use_compiled_files
from .plays import own_modules
from .warm import warm

LONGEST_WAIT = 8.0
"""Seconds that interrupted modules get to report what they did; the engine gives its calls in flight five of them."""

Reports = Sequence[tuple[str, Mapping[str, Any]]]
"""(host, result) of each module that was interrupted."""


class Supervision:
    """One run of ansible-playbook, from the start of its process to the end.

    ``interrupted`` is called as the process ends if ``finish`` was not: with the reports of the modules that the interruption met.
    """

    def __init__(self, interrupted: Callable[[Reports], None]) -> None:
        use_compiled_files()  # for all that warm() imports; importing this file itself may not change how Python imports
        self._interrupted = interrupted
        self._finished = False
        self._pid = os.getpid()
        self._folder = Path(tempfile.mkdtemp(prefix="mainstay-reports-"))
        os.environ[FOLDER_VARIABLE] = str(self._folder)
        os.environ[RUN_VARIABLE] = uuid.uuid4().hex
        atexit.register(self._leave)
        # At its end the interpreter searches everything for garbage, several times; with what is imported here that takes a while.
        atexit.register(gc.freeze)
        signal.signal(signal.SIGTERM, lambda _number, _frame: os.kill(self._pid, signal.SIGINT))

    def prepare(self, play: Any) -> bool:
        """Before the first worker of a play is forked: import its modules. False where the play has no hosts or no modules of ours."""
        if not play.get_variable_manager().get_vars(play=play)["ansible_play_hosts_all"]:
            return False
        modules = own_modules(play)
        if modules:
            warm(modules)
            # Workers are forked from here on: their collections need not search what the parent has imported, nor copy its pages.
            gc.freeze()
        return bool(modules)

    def finish(self) -> None:
        """The run has come to its own end: nothing after this is an interruption."""
        self._finished = True

    def save_plans(self, failed: Collection[str], interrupted: bool = False) -> list[tuple[str, bool]]:
        """Put together what the modules left, if plans were to be saved; returns sentences, with True for what went wrong.

        ``failed``: the hosts of which there is no complete plan. Most runs save none and do not pay for the import.
        """
        if not any(self._folder.glob("*.plan")):
            return []
        from ..saved_plans.gather import gather

        return gather(self._folder, failed, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), interrupted)

    def _leave(self) -> None:
        """Ansible reads no result after an interruption, so interrupted modules leave reports. Forked workers have no part in this."""
        if os.getpid() != self._pid:
            return
        wait_for_reports(self._folder, LONGEST_WAIT)
        if not self._finished:
            self._interrupted(reports(self._folder))
        shutil.rmtree(self._folder, ignore_errors=True)
