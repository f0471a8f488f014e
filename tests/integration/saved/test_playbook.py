# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Saved plans as people use them: site.yml saves a plan to a file, and applies it or reports what has changed since."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.component.lock_entries import Entry, Holder
from rehearsal.testing import Cloud
from scripts.terminal import BIN, ROOT, isolated_environment
from tests.integration.conftest import CloudFor
from tests.integration.examples.running import Run, mutations, play

ACCOUNT = "123456789012"
REGION = "af-south-1"
SMALL: dict[str, Any] = {
    "cidr": "10.0.0.0/16",
    "availability_zones": ["af-south-1a", "af-south-1b"],
    "endpoints": {"gateway": ["s3"], "interface": []},
    "flow_logs": {"enabled": False},
    "nat": "single",
}
PATIENCE = 60
OTHER_RUN = Holder("run-2", "ben on runner", "another machine", 7, "1")


@dataclass
class Project:
    """An inventory with two networks, a cloud, and a plan file."""

    cloud: Cloud
    folder: Path

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory"

    @property
    def file(self) -> Path:
        return self.folder / "the.plan"

    def describe(self, hosts: tuple[str, ...] = ("network", "second"), **changes: Any) -> None:
        """Writes the inventory: every host has the same network, with its own CIDR block."""
        variables = {
            "ansible_connection": "local",
            "platform_environment": "prod",
            "platform_region": REGION,
            "platform_account_id": ACCOUNT,
            "vpc_networks": {"main": {**SMALL, **changes}},
            "platform_poll_interval": 0.1,
        }
        (self.inventory / "group_vars").mkdir(parents=True, exist_ok=True)
        (self.inventory / "hosts.yml").write_text(yaml.safe_dump({"vpc": {"hosts": dict.fromkeys(hosts)}}))
        (self.inventory / "group_vars" / "all.yml").write_text(yaml.safe_dump(variables))

    def run(self, *arguments: str, role: str = "apply", **extra: Any) -> Run:
        self.cloud.admin.clear_requests()
        return play(self.cloud, str(self.inventory), self.folder, *arguments, "--extra-vars", json.dumps(extra), role=role)

    def plan(self, *arguments: str, **extra: Any) -> Run:
        return self.run("--check", *arguments, role="plan", platform_plan_out=str(self.file), **extra)

    def apply(self, *arguments: str, **extra: Any) -> Run:
        return self.run(*arguments, platform_plan=str(self.file), **extra)

    def changes(self) -> list[str]:
        """The changes made, except to the run lock."""
        return [name for name in mutations(self.cloud) if not name.startswith("ssm:")]

    def id_of(self, address: str, component: str = "network") -> str:
        (found,) = self._tagged("mainstay:address", address) & self._tagged("mainstay:component", component)
        return found

    def _tagged(self, key: str, value: str) -> set[str]:
        filters = [{"Name": "key", "Values": [key]}, {"Name": "value", "Values": [value]}]
        return {tag["ResourceId"] for tag in self.cloud.client("ec2").describe_tags(Filters=filters)["Tags"]}


@pytest.fixture(scope="module")
def started(cloud_for: CloudFor) -> Cloud:
    return cloud_for(account_id=ACCOUNT, region=REGION)


@pytest.fixture
def project(started: Cloud, tmp_path: Path) -> Project:
    started.admin.reset()
    made = Project(started, tmp_path)
    made.describe()
    return made


@pytest.mark.slow
def test_a_plan_is_saved_and_applied_exactly(project: Project) -> None:
    planned = project.plan()
    assert planned.code == 0, planned.output
    assert f"Saved the plan of 2 components in {project.file}" in planned.output
    assert project.changes() == []
    assert stat.S_IMODE(project.file.stat().st_mode) == 0o600
    plan_file = json.loads(project.file.read_text())
    assert [part["host"] for part in plan_file["components"]] == ["network", "second"]
    assert "rehearsal-plan" not in project.file.read_text(), "the caller's session is private"

    text = project.file.read_bytes()
    assert project.plan().code == 0
    assert json.loads(project.file.read_text())["components"] == plan_file["components"], "two plans of one state are equal"
    project.file.write_bytes(text)

    applied = project.apply()
    assert applied.code == 0, applied.output
    assert {name: one["action"] for name, one in applied.actions.items()} == {name: one["action"] for name, one in planned.actions.items()}
    assert applied.totals == planned.totals
    assert f"network: as planned in {project.file}." in applied.output

    second = project.apply()
    assert (second.code, project.changes(), second.report["result"]) == (0, [], "no_changes"), second.output
    assert f"network: {project.file} has been applied already: all 25 planned actions are done." in second.output


def tag(project: Project) -> None:
    project.cloud.client("ec2").create_tags(Resources=[project.id_of("vpc.main")], Tags=[{"Key": "owner", "Value": "me"}])


def open_to_the_world(project: Project) -> None:
    rule = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    project.cloud.client("ec2").authorize_security_group_ingress(GroupId=project.id_of("security_group.main/nodes"), IpPermissions=rule)


def delete_subnet(project: Project) -> None:
    ec2 = project.cloud.client("ec2")
    subnet = project.id_of("subnet.main/database-af-south-1b")
    tables = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["RouteTables"]
    for association in [one for table in tables for one in table["Associations"] if one.get("SubnetId") == subnet]:
        ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
    ec2.delete_subnet(SubnetId=subnet)


def refused(project: Project, run: Run) -> str:
    """The message of a run that refuses to apply a plan, on one line; verifies that nothing was changed."""
    assert (run.code, project.changes()) == (2, []), run.output
    return " ".join(run.output.replace("\\n", " ").split())


def moved_while_it_waited(project: Project) -> None:
    """Between the first read and acquisition of the run lock, another user changes something."""
    ssm, name = project.cloud.client("ssm"), "/mainstay/locks/prod/network/1"
    ssm.put_parameter(Name=name, Value=Entry("network", 1, OTHER_RUN, "shared").value, Type="String")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(project.apply, "--limit", "network", platform_lock_wait=PATIENCE)
        wait_for(project.cloud, "ssm:GetParametersByPath")
        tag(project)
        ssm.delete_parameter(Name=name)
        run = waiting.result()
    assert run.code == 2
    assert [name for name in project.changes() if name != "ec2:CreateTags"] == [], "the tag is this test's own"
    assert "tags has changed: + owner=me" in " ".join(run.output.split())
    project.cloud.client("ec2").delete_tags(Resources=[project.id_of("vpc.main")], Tags=[{"Key": "owner"}])


def wait_for(cloud: Cloud, operation: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while operation not in [f"{request['service']}:{request['operation']}" for request in cloud.admin.requests()]:
        assert time.monotonic() < deadline, f"{operation} was never called"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_plan_is_refused_when_anything_has_moved(project: Project) -> None:
    assert project.run().code == 0
    port = {"security": {"database_port": 5433}}
    project.describe(**port)
    assert project.plan().code == 0

    project.describe(security={"database_port": 5434})
    said = refused(project, project.apply("--limit", "network"))
    assert "security_group.main/database: ingress is described differently: - tcp 5433 from (id of" in said
    project.describe(("network", "second", "third"), **port)
    said = refused(project, project.apply("--limit", "third"))
    assert "has no plan for the component third of prod" in said
    assert "it was made for network (prod), second (prod)" in said
    project.describe(("network",), **port)
    assert "is also for second, which this inventory does not have" in refused(project, project.apply())
    project.describe(**port)
    assert "purge (platform_purge) is ['*'], but was [] when planned" in refused(
        project, project.apply("--limit", "network", platform_purge=["*"])
    )

    moved_while_it_waited(project)

    for meddle in (tag, open_to_the_world, delete_subnet):
        meddle(project)
    asked = project.run("--check", "--limit", "network", role="plan", platform_plan=str(project.file))
    applied = project.apply("--limit", "network")
    for run in (asked, applied):
        said = refused(project, run)
        assert all(
            text in said
            for text in (
                "vpc.main (vpc-",
                "tags has changed: + owner=me",
                "security_group.main/nodes (sg-",
                "ingress has changed: + tcp 22 from 0.0.0.0/0",
                "subnet.main/database-af-south-1b (subnet-",
                ") no longer exists",
            )
        )
        assert run.actions == {}

    others = project.apply("--limit", "second")
    assert (others.code, others.totals["update"]) == (0, 3), "the other component has not moved, and is not held up"

    project.file.write_text(project.file.read_text().replace("5433", "22"))
    said = refused(project, project.apply("--limit", "second"))
    assert "has been edited or damaged since it was made: desired and actions of network do not match the recorded fingerprint" in said


@pytest.mark.slow
def test_a_run_in_which_a_host_fails_saves_nothing(project: Project) -> None:
    bad = project.plan(vpc_networks="{{ {'main': small} if inventory_hostname == 'network' else {'main': {}} }}", small=SMALL)
    assert bad.code == 2
    assert f"No plan was saved in {project.file}: there is no complete plan of second." in bad.output
    assert not project.file.exists()


@pytest.mark.slow
def test_bad_input_is_reported_before_the_first_call(project: Project) -> None:
    refused_plan = project.run("--limit", "network", platform_plan_out=str(project.file))
    assert "but this run does not make a plan. Add --check" in refused(project, refused_plan)
    assert project.cloud.admin.requests() == []


@pytest.mark.slow
def test_a_plan_of_one_host_is_applied_with_a_relative_path(project: Project) -> None:
    planned = project.plan("--limit", "second")
    assert planned.code == 0, planned.output
    relative = os.path.relpath(project.file, ROOT)
    applied = project.run("--limit", "second", platform_plan=relative)
    assert (applied.code, applied.totals) == (0, planned.totals), applied.output


@pytest.mark.slow
def test_a_killed_apply_is_finished_by_the_same_file(project: Project) -> None:
    assert project.plan("--limit", "network").code == 0
    project.cloud.admin.settings(transition_seconds={"nat_gateway": 3})
    project.cloud.admin.clear_requests()
    command = [str(BIN / "ansible-playbook"), "site.yml", "-i", str(project.inventory), "--limit", "network"]
    command += ["-e", f"platform_plan={project.file}"]
    environment = isolated_environment(project.cloud.environment())
    run = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(project.cloud, "ec2:CreateNatGateway")
    for pid in (run.pid, *children(run.pid)):
        os.kill(pid, signal.SIGKILL)
    run.wait()
    done = project.apply("--limit", "network")
    assert done.code == 0, done.output
    assert "planned actions were done already" in done.output
    assert "ec2:CreateVpc" not in project.changes()
    again = project.apply("--limit", "network")
    assert (again.code, project.changes()) == (0, [])


def children(pid: int) -> list[int]:
    """A process's child processes that still exist."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found
