# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Work in a thread of Ansible's own process, which forks all the time."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.background import Background

ALARM = 60


def test_everything_is_done_in_the_end_whether_it_rested_or_not() -> None:
    done: list[int] = []

    def pieces() -> Iterator[None]:
        for number in range(5):
            done.append(number)
            yield

    background = Background(pieces())
    background.rest()
    background.rest()
    background.finish()
    background.finish()
    assert done == [0, 1, 2, 3, 4]


def test_what_cannot_be_prepared_does_not_keep_anybody_waiting() -> None:
    def pieces() -> Iterator[None]:
        yield
        raise ImportError("boto3")

    Background(pieces()).finish()


@pytest.mark.parametrize("foreseen", [True, False])
def test_no_piece_is_under_way_in_a_child_and_the_work_goes_on(foreseen: bool) -> None:
    busy, enough = threading.Lock(), threading.Event()
    begun: queue.SimpleQueue[None] = queue.SimpleQueue()

    def pieces() -> Iterator[None]:
        while not enough.is_set():
            with busy:
                sum(range(1000))
            begun.put(None)
            yield

    background = Background(pieces())
    for _ in range(20):
        begun.get()
        if foreseen:
            background.rest()
        if (child := os.fork()) == 0:
            os._exit(busy.locked())
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    enough.set()
    background.finish()


FORKED_WHILE_IMPORTING = """
import logging, os, sys
from ansible_collections.mainstay.aws.plugins.module_utils.aws.background import Background

def pieces():
    yield
    import ansible_collections.mainstay.aws.plugins.module_utils.aws.warm as warm
    yield from warm.warm(["vpc_network"])

background = Background(pieces())
children = []
for _ in range(5):
    if sys.argv[1] == "foreseen":
        background.rest()
    child = os.fork()
    if child == 0:
        import ansible_collections.mainstay.aws.plugins.modules.vpc_network
        os._exit(0)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 5
background.finish()
"""


@pytest.mark.parametrize("fork", ["foreseen", "unforeseen"])
def test_children_import_what_the_thread_is_importing(fork: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FORKED_WHILE_IMPORTING, fork],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=ALARM,
    )
    assert run.returncode == 0, run.stderr
