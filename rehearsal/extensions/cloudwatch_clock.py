"""The clock by which alarms are evaluated without a call: silence rings too."""

from __future__ import annotations

import functools
import threading
import time
import traceback

from rehearsal.accounts import backends
from rehearsal.extensions.cloudwatch_rings import evaluate
from rehearsal.registry import one_at_a_time

TICK_SECONDS = 2.0


@functools.cache
def start() -> None:
    """Starts the clock of this process, once: with the first alarm."""
    threading.Thread(target=_run, name="alarms", daemon=True).start()


def _run() -> None:
    while True:
        time.sleep(TICK_SECONDS)
        try:
            tick()
        except Exception:  # noqa: BLE001  a defect must not stop the clock; it shows in the cloud's log
            traceback.print_exc()


def tick() -> None:
    """Evaluates the alarms of all accounts and regions that are due, which they are once a minute."""
    with one_at_a_time:
        for _place, found in backends("cloudwatch"):
            kept = found.__dict__.get("rehearsal")
            if kept is not None and kept.alarms:
                evaluate(kept)
