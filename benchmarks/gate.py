"""What the snapshot gate adds to the snapshots that it waits for, in seconds and in calls.

    .venv/bin/python -m benchmarks.gate                                  # 1 and 10 databases, snapshots of 20 s, polls of at most 2 s
    .venv/bin/python -m benchmarks.gate --databases 10 --snapshot 60 --poll 10 --latency 80

Each run is a process of bin/mainstay-snapshot-gate on a rehearsal cloud of its own. The overhead is the module's own time less that of the
snapshots, which are all taken at the same time. It may be two seconds and one poll; more is exit code 1. ``process`` is the whole process,
with the start of Ansible.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import seconds_of
from rehearsal.testing import Cloud
from scripts.terminal import BIN, ROOT, isolated_environment

ALLOWED_SECONDS = 2.0


@dataclass(frozen=True)
class Sample:
    """Seconds, and the calls of all databases together."""

    databases: int
    gate: float
    process: float
    reads: int
    writes: int

    def overhead(self, snapshot: float) -> float:
        return self.gate - snapshot


def create(cloud: Cloud, names: Sequence[str]) -> None:
    rds = cloud.client("rds")
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    for name in names:
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            Engine="postgres",
            DBInstanceClass="db.t4g.medium",
            AllocatedStorage=100,
            StorageType="gp3",
            MasterUsername="root_user",
            MasterUserPassword="not-secret-at-all",
            BackupRetentionPeriod=7,
            StorageEncrypted=True,
            KmsKeyId=key,
        )
    deadline = time.monotonic() + 60
    while any(one["DBInstanceStatus"] != "available" for one in rds.describe_db_instances()["DBInstances"]):
        if time.monotonic() > deadline:
            raise SystemExit("the databases are not available after a minute")
        time.sleep(0.2)


def measure(databases: int, snapshot: float, poll: float, latency: float) -> Sample:
    with Cloud(region="eu-west-1", settings={"databases": False}) as cloud, tempfile.TemporaryDirectory() as folder:
        names = [f"main-{number}" for number in range(databases)]
        create(cloud, names)
        cloud.admin.settings(transition_seconds={"default": 0.0, "rds_snapshot": snapshot}, latency_ms=latency)
        report = Path(folder) / "report.json"
        variables: dict[str, Any] = {"snapshot_gate_poll_interval": poll}
        command = [str(BIN / "python"), str(ROOT / "bin" / "mainstay-snapshot-gate"), "--databases", ",".join(names), "--deployment", "r1"]
        environment = isolated_environment({**cloud.environment(), "ANSIBLE_NOCOLOR": "1"})
        environment["PATH"] = f"{BIN}:{environment.get('PATH', '')}"
        process = seconds_of([*command, "--report", str(report), "--extra-vars", json.dumps(variables)], environment)
        found = json.loads(report.read_text())
        return Sample(databases, found["seconds"], process, found["api_calls"]["read"], found["api_calls"]["write"])


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.gate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", default="1,10", help="how many at once, separated by commas")
    parser.add_argument("--snapshot", type=float, default=20.0, help="seconds that a snapshot takes")
    parser.add_argument("--poll", type=float, default=2.0, help="poll_interval in seconds")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds that each call takes")
    options = parser.parse_args()
    allowed = ALLOWED_SECONDS + options.poll
    print(f"snapshots of {options.snapshot:g} s, polls of at most {options.poll:g} s, {options.latency:g} ms for each call")
    print("databases   gate s   overhead s   allowed s   reads   reads for each   writes   process s")
    good = True
    for count in (int(one) for one in options.databases.split(",")):
        one = measure(count, options.snapshot, options.poll, options.latency)
        overhead = one.overhead(options.snapshot)
        good = good and overhead <= allowed
        figures = f"{one.gate:6.1f} {overhead:12.1f} {allowed:11.1f} {one.reads:7} {one.reads / count:16.1f} {one.writes:8}"
        print(f"{count:9} {figures} {one.process:11.1f}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
