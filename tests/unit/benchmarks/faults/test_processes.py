"""A kill reaches every process that a run has started, including those in sessions of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.faults import processes
from benchmarks.faults.proxy import Proxy, Rule

# Starts a process in its own session, prints its ID, and waits for it.
FAMILY = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
child.wait()
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> None:
    # a killed process disappears once the kernel has closed its files
    try:
        with os.fdopen(os.pidfd_open(pid)) as handle:
            import select

            select.select([handle], [], [], 10)
    except ProcessLookupError:
        return


def test_a_child_in_a_session_of_its_own_is_killed_too() -> None:
    with subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert os.getsid(child) != os.getsid(parent.pid)
        assert processes.descendants(parent.pid) == {child}
        assert processes.kill_with_children(parent.pid) == sorted([parent.pid, child])
        parent.wait()
    wait_until_gone(child)
    assert not alive(child)


def run(tmp_path: Path, code: str, rule: Rule | None = None) -> processes.Ended:
    with Proxy("http://127.0.0.1:9") as proxy:
        return processes.run(processes.Command([sys.executable, "-c", code], tmp_path, dict(os.environ), tmp_path / "log"), proxy, rule)


def test_a_run_is_killed_when_its_call_is_held(tmp_path: Path) -> None:
    rule = Rule("ec2:CreateVpc", "hold_before")
    threading.Timer(0.2, rule.reached.set).start()
    ended = run(tmp_path, "import time; print('begun', flush=True); time.sleep(600)", rule)
    assert (ended.killed, ended.ok) == (True, False)
    assert rule.released.is_set()


def test_a_run_that_finishes_is_not_killed(tmp_path: Path) -> None:
    expected: list[tuple[str, Rule | None, Any]] = [
        ("print('done')", None, (0, False, "done\n")),
        ("print('done')", Rule("ec2:CreateVpc", "hold_before"), (0, False, "done\n")),
        ("raise SystemExit(3)", None, (3, False, "")),
    ]
    for code, rule, wanted in expected:
        ended = run(tmp_path, code, rule)
        assert (ended.code, ended.killed, ended.printed) == wanted


def test_a_stopped_run_resumes_after_the_other_one(tmp_path: Path) -> None:
    rule = Rule("ec2:CreateVpc", "stop_before")
    rule.reached.set()
    seen: list[str] = []
    marker = tmp_path / "marker"
    code = f"import time, pathlib; time.sleep(0.6); pathlib.Path({str(marker)!r}).write_text('x')"
    with Proxy("http://127.0.0.1:9") as proxy:
        command = processes.Command([sys.executable, "-c", code], tmp_path, dict(os.environ), tmp_path / "log")

        def meanwhile() -> None:
            time.sleep(1.0)
            seen.append("moved" if marker.exists() else "stopped")

        ended = processes.run_stopped(command, proxy, rule, meanwhile)
    assert seen == ["stopped"]
    assert ended.code == 0
    assert marker.exists()
    assert rule.released.is_set()


def test_a_run_gets_no_more_of_the_machine_than_it_may(tmp_path: Path) -> None:
    code = "[open('/dev/null') for _ in range(200)]"
    with Proxy("http://127.0.0.1:9") as proxy:
        command = processes.Command([sys.executable, "-c", code], tmp_path, dict(os.environ), tmp_path / "log", {"RLIMIT_NOFILE": 40})
        ended = processes.run(command, proxy)
    assert ended.code == 1
    assert "Too many open files" in ended.printed
