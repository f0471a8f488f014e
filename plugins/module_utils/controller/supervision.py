# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the modules of one run need around them, in Ansible's own process.

Workers find the modules they need already imported, SIGTERM ends a run just as Ctrl-C does, and what modules leave for the end of the run
is collected: parts of saved plans, and the reports of interrupted modules. The callback plan_summary creates one ``Supervision`` per run
and shows what it collects.
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
from .compiled import quick_imports, use_compiled_files
from .plays import own_modules
from .warm import warm

LONGEST_WAIT = 8.0
"""Seconds that interrupted modules have to report what they did; the engine gives its calls in flight five of them."""

Reports = Sequence[tuple[str, Mapping[str, Any]]]
"""(host, result) of each interrupted module."""


class Supervision:
    """One run of ansible-playbook, from the start of its process to the end.

    If ``finish`` was not called, ``interrupted`` is called when the process ends, with the reports of the interrupted modules. ``load`` is
    called before the first worker of a play is forked, with the inventory groups in the play: it imports what else workers use.
    """

    def __init__(self, interrupted: Callable[[Reports], None], load: Callable[[Collection[str]], None] = lambda _groups: None) -> None:
        use_compiled_files()  # for whatever this process and its workers import later
        self._interrupted = interrupted
        self._load = load
        self._finished = False
        self._pid = os.getpid()
        self._folder = Path(tempfile.mkdtemp(prefix="mainstay-reports-"))
        os.environ[FOLDER_VARIABLE] = str(self._folder)
        os.environ[RUN_VARIABLE] = uuid.uuid4().hex
        atexit.register(self._leave)
        # At exit the interpreter runs several full garbage collections; with everything imported here, that takes a while.
        atexit.register(gc.freeze)
        signal.signal(signal.SIGTERM, self._end)

    def _end(self, _number: int, _frame: Any) -> None:
        """End the run as Ctrl-C would. A shell without job control starts programs in the background with SIGINT ignored."""
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        os.kill(self._pid, signal.SIGINT)

    def prepare(self, play: Any) -> None:
        """Import the modules of a play before its first worker is forked. Does nothing if the play has no hosts or none of our modules.

        Ansible announces plays without hosts too. One whose hosts are an empty list seems to be for all hosts, but before the first play
        that runs there are no ``hostvars``.
        """
        variables = play.get_variable_manager().get_vars(play=play)
        hosts = set(variables["ansible_play_hosts_all"])
        if not hosts or "hostvars" not in variables:
            return
        groups = [name for name, members in variables["groups"].items() if not hosts.isdisjoint(members)]
        modules = own_modules(play, groups)
        if modules:
            region = str(variables["hostvars"][variables["ansible_play_hosts_all"][0]].get("platform_region") or "")
            with quick_imports():
                warm(modules, region)
                self._load(groups)

    def finish(self) -> None:
        """The run has ended normally: nothing after this counts as an interruption."""
        self._finished = True

    def save_plans(self, failed: Collection[str], interrupted: bool = False) -> list[tuple[str, bool]]:
        """Combine the parts that the modules left, if plans were to be saved; returns (sentence, whether it reports an error).

        ``failed``: the hosts without a complete plan. Most runs save no plan and skip the import.
        """
        if not any(self._folder.glob("*.plan")):
            return []
        from ..saved_plans.gather import gather

        return gather(self._folder, failed, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), interrupted)

    def _leave(self) -> None:
        """After an interruption Ansible reads no results, so interrupted modules leave reports. Does nothing in forked workers."""
        if os.getpid() != self._pid:
            return
        wait_for_reports(self._folder, LONGEST_WAIT)
        if not self._finished:
            self._interrupted(reports(self._folder))
        shutil.rmtree(self._folder, ignore_errors=True)
