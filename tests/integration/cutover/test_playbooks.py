# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The playbooks, for an instance that is named as in the inventory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns
from tests.integration.network.play import ROOT
from tests.integration.snapshot_gate.support import Site, until

INVENTORY = {
    "all": {
        "hosts": {
            "database": {
                "ansible_connection": "local",
                "platform_environment": "prod",
                "platform_region": "eu-west-1",
                "rds_databases": {"main": {"version": "17"}, "other": {"identifier": "own-name"}},
            }
        }
    }
}


def test_an_instance_of_the_inventory_is_restored_and_put_in_place(cloud: Cloud, tmp_path: Path) -> None:
    site = Site(cloud)
    site.create("prod-main")
    before = site.instance("prod-main")["DbiResourceId"]
    site.snapshot("one", of="prod-main")
    until(lambda: cloud.client("rds").describe_db_snapshots(DBSnapshotIdentifier="one")["DBSnapshots"][0]["Status"] == "available")
    hosts = tmp_path / "hosts.json"
    hosts.write_text(json.dumps(INVENTORY))
    runs = ModuleRuns(cloud, tmp_path)

    def play(name: str, **variables: str) -> str:
        command = [str(Path(sys.executable).parent / "ansible-playbook"), str(ROOT / "playbooks" / name), "-i", str(hosts)]
        command += ["--extra-vars", json.dumps(variables)]
        done = subprocess.run(command, env=runs.environment("apply"), capture_output=True, text=True, check=False, timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    report = tmp_path / "report.json"
    text = {"restore_source": "main", "restore_snapshot": "newest", "restore_poll_interval": "0.2", "restore_report": str(report)}
    play("restore.yml", restore_host="database", **text)
    found = json.loads(report.read_text())
    assert (found["state"], found["source"], found["target"]) == ("done", "prod-main", "prod-main-restored")
    shown = play("cut_over.yml", cut_over_host="database", cut_over_name="main", cut_over_poll_interval="0.2")
    assert "To go back: rds_cutover with name prod-main" in shown
    assert site.instance("prod-main")["DbiResourceId"] == found["instance"]["resource_id"] != before
