# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which lock entries block a run."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.lock_entries import (
    Entry,
    Holder,
    highest,
    in_the_way,
    parameter_name,
    process_start,
    read_entry,
    this_place,
    this_process,
)

US = Holder("run-1", "anna on laptop", "here", 1, "100")
OTHER = Holder("run-2", "ben on runner", "there", 2, "200")
COLLEAGUE = Holder("run-1", "anna on laptop", "there", 3, "300")
"""Another module of our own run."""
NOW = 1_800_000_000.0


def entry(holder: Holder = OTHER, component: str = "network", **more: Any) -> Entry:
    return Entry(component, more.pop("number", 1), holder, **more)


@pytest.mark.parametrize(
    ("entries", "mode", "expected"),
    [
        pytest.param([], "shared", None, id="no owner"),
        pytest.param([entry()], "shared", 1, id="another run has the component"),
        pytest.param([entry(COLLEAGUE)], "shared", 1, id="another module of our run has the component"),
        pytest.param([entry(US)], "shared", None, id="our own entry"),
        pytest.param([entry(silent=119.0)], "shared", 1, id="silent, not long enough"),
        pytest.param([entry(silent=121.0)], "shared", None, id="silent for too long"),
        pytest.param([entry(silent=121.0), entry(number=2)], "shared", 2, id="another run took over"),
        pytest.param([entry(component="db")], "shared", None, id="another component"),
        pytest.param([entry(component="db")], "exclusive", 1, id="destroying beside a run of another component"),
        pytest.param([entry(component="db", mode="exclusive")], "shared", 1, id="beside a run that destroys"),
        pytest.param([entry(component="db", mode="exclusive", silent=121.0)], "shared", None, id="who destroyed is dead"),
        pytest.param([entry(COLLEAGUE, "db", mode="exclusive")], "exclusive", None, id="our own run destroys another component"),
        pytest.param([entry(COLLEAGUE, "db")], "exclusive", None, id="our own run changes another component"),
    ],
)
def test_in_the_way(entries: list[Entry], mode: Any, expected: int | None) -> None:
    found = in_the_way(entries, "network", mode, US, 120.0)
    assert (found.number if found else None) == expected


def test_numbers_are_of_a_component() -> None:
    entries = [entry(number=3), entry(number=7, component="db")]
    assert [highest(entries, name) for name in ("network", "db", "none")] == [3, 7, 0]


def test_an_entry_reads_back_as_it_was_written() -> None:
    written = entry(number=4, mode="exclusive", held=12.5)
    modified = dt.datetime.fromtimestamp(NOW - 30, dt.UTC)
    parameter = {"Name": parameter_name("prod", "network", 4), "Value": written.value, "LastModifiedDate": modified}
    read = read_entry(parameter, NOW)
    assert read == entry(number=4, mode="exclusive", held=12.5, silent=30.0)


@pytest.mark.parametrize("value", ["", "[]", "{}", "null", '{"run": 1}'])
@pytest.mark.parametrize("name", ["/mainstay/locks/prod/network/1", "/mainstay/locks/prod/network/notes"])
def test_what_is_no_entry_is_not_read(name: str, value: str) -> None:
    assert read_entry({"Name": name, "Value": value, "LastModifiedDate": dt.datetime.fromtimestamp(NOW, dt.UTC)}, NOW) is None


def test_this_process_lives_and_one_that_ended_does_not() -> None:
    here = this_process("run", "somebody")
    assert here.pid == os.getpid()
    assert not here.is_dead(this_place())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    start = process_start(ended.pid)
    ended.wait()
    gone = Holder("run", "somebody", this_place(), ended.pid, start or "1")
    assert gone.is_dead(this_place())
    assert not gone.is_dead("another machine")
    assert Holder("run", "somebody", this_place(), os.getpid(), "another start").is_dead(this_place())
    assert not Holder("run", "somebody", "", ended.pid, start).is_dead("")
