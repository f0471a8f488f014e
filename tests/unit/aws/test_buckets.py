# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Token buckets: how they fill, who shares them, and which rate an operation has."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws import buckets
from ansible_collections.mainstay.aws.plugins.module_utils.aws.buckets import (
    REHEARSAL_RATES,
    SHARE,
    Files,
    Level,
    Memory,
    Pace,
    Rate,
    Store,
    emptied,
    filled,
    pace,
    published,
    shared,
    take,
)

RATE = Rate(burst=4, per_second=0.5 / SHARE)


@pytest.mark.parametrize(
    ("level", "now", "tokens"),
    [
        (None, 100.0, 4),
        (Level(4, 100.0), 200.0, 4),
        (Level(0, 100.0), 100.0, 0),
        (Level(0, 100.0), 104.0, 2),
        (Level(3, 100.0), 200.0, 4),
        (Level(0, 1e9), 100.0, 4),  # from before the machine was started
    ],
)
def test_filled(level: Level | None, now: float, tokens: float) -> None:
    found = filled(level, RATE, now)
    assert (found.tokens, found.at) == (pytest.approx(tokens), now)


@pytest.mark.parametrize(
    ("tokens", "left", "wait"),
    [(4.0, 3.0, 0.0), (1.0, 0.0, 0.0), (0.5, 0.5, 1.0), (0.0, 0.0, 2.0)],
)
def test_take(tokens: float, left: float, wait: float) -> None:
    level, seconds = take(Level(tokens, 100.0), RATE, 100.0)
    assert (level, seconds) == (Level(left, 100.0), pytest.approx(wait))


def test_a_refusal_empties() -> None:
    assert emptied(None, RATE, 100.0) == Level(0.0, 100.0)
    assert emptied(Level(3, 100.0), RATE, 101.0) == Level(0.0, 101.0)


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_many_threads_get_no_more_than_there_is(kind: str, tmp_path: Path) -> None:
    store: Store = Memory() if kind == "memory" else Files(tmp_path)
    one = Pace(store, lambda *_: ("bucket", Rate(30, 0.001)), lambda: 100.0)
    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda _: one.wait("ec2", "CreateVpc", True), range(100)))
    assert waits.count(0.0) == 30


TAKE_TEN = """
import sys
from pathlib import Path
from ansible_collections.mainstay.aws.plugins.module_utils.aws.buckets import Files, Pace, Rate
pace = Pace(Files(Path(sys.argv[1])), lambda *_: ("bucket", Rate(25, 0.001)), lambda: 100.0)
print(sum(pace.wait("ec2", "CreateVpc", True) == 0.0 for _ in range(10)))
"""


def test_processes_share_what_is_in_files(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKE_TEN, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": ":".join(sys.path)}) for _ in range(4)]
    assert sum(int(process.communicate()[0]) for process in running) == 25


def test_a_file_that_makes_no_sense_is_a_full_bucket(tmp_path: Path) -> None:
    (tmp_path / "bucket").write_text("what is this")
    one = Pace(Files(tmp_path), lambda *_: ("bucket", RATE), lambda: 100.0)
    assert [one.wait("ec2", "CreateVpc", True) for _ in range(5)] == [0, 0, 0, 0, pytest.approx(2.0)]


def test_without_a_folder_memory_does(tmp_path: Path) -> None:
    one = Pace(Files(tmp_path / "none"), lambda *_: ("bucket", RATE), lambda: 100.0)
    assert [one.wait("ec2", "CreateVpc", True) for _ in range(5)] == [0, 0, 0, 0, pytest.approx(2.0)]


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert isinstance(shared("aws|eu-west-1|1"), Files)
    next(tmp_path.iterdir()).chmod(0o777)
    assert isinstance(shared("aws|eu-west-1|1"), Memory)


def test_scopes_are_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    stores = [shared(scope) for scope in ("aws|eu-west-1|1", "aws|eu-west-1|2", "aws|af-south-1|1", "aws|eu-west-1|1")]
    waits = [Pace(store, lambda *_: ("bucket", Rate(1, 0.5 / SHARE)), lambda: 100.0).wait("x", "Y", True) for store in stores]
    assert waits == [0, 0, 0, pytest.approx(2.0)]


@pytest.mark.parametrize(
    ("endpoint", "environment", "paced"),
    [
        (None, {}, True),
        ("https://ec2.eu-west-1.amazonaws.com", {}, True),
        ("http://127.0.0.1:4566", {}, False),
        ("http://127.0.0.1:4566", {REHEARSAL_RATES: "aws"}, True),
    ],
)
def test_a_rehearsal_without_rates_is_not_slowed_down(
    endpoint: str | None, environment: dict[str, str], paced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert (pace(endpoint, "eu-west-1", "1", environment) is not None) is paced


@pytest.mark.parametrize(
    ("service", "operation", "mutating", "rate"),
    [
        ("ec2", "DescribeVpcs", False, Rate(100, 20)),
        ("ec2", "CreateVpc", True, Rate(50, 5)),
        ("ec2", "CreateVpcEndpoint", True, Rate(4, 0.3)),
        ("ec2", "CreateNatGateway", True, Rate(10, 1)),
        ("kms", "CreateKey", True, Rate(5, 5)),
        ("kms", "ListAliases", False, Rate(100, 100)),
        ("logs", "DescribeLogGroups", False, Rate(10, 10)),
        ("service-quotas", "GetServiceQuota", False, Rate(10, 5)),
        ("service-quotas", "ListServiceQuotas", False, Rate(20, 10)),
    ],
)
def test_published(service: str, operation: str, mutating: bool, rate: Rate) -> None:
    assert published(service, operation, mutating) == (f"{service}.{operation}", rate)


def test_operations_of_sts_share_one() -> None:
    assert published("sts", "GetCallerIdentity", False) == published("sts", "AssumeRole", False) == ("sts", buckets.STS)


def test_iam_publishes_none() -> None:
    assert published("iam", "CreateRole", True) is None
