# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""make rehearse with FROM, as a user runs it, in a separate checkout whose history contains an inventory change."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from rehearsal import launcher, seed
from rehearsal.admin_client import AdminClient
from scripts.sanity import project_files
from scripts.terminal import ROOT, isolated_environment

PATIENCE = 60
WHO = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false"]
LINK = Path("collections") / "ansible_collections" / "mainstay" / "aws"
NETWORKS = Path("inventories") / "prod" / "group_vars" / "vpc.yml"
TASKS = Path("roles") / "vpc" / "tasks" / "networks.yml"

SMALL: dict[str, Any] = {
    "cidr": "10.0.0.0/16",
    "availability_zones": ["af-south-1a", "af-south-1b"],
    "nat": "none",
    "endpoints": {"gateway": ["s3", "dynamodb"], "interface": []},
    "flow_logs": {"enabled": False},
}
HELD: dict[str, Any] = {"policies": {"Boundary": {}}, "prefix_lists": {"office": {"id": "pl-3b927c52", "entries": {"196.25.1.0/24": "x"}}}}


class Checkout:
    """A copy of this checkout with a history: `code` has a different role, `small` is the inventory to compare with."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in project_files():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
        (root / LINK).parent.mkdir(parents=True, exist_ok=True)
        (root / LINK).symlink_to("../../..")
        (root / ".venv").symlink_to(ROOT / ".venv")
        self.environment = {name: value for name, value in isolated_environment({}).items() if not name.startswith("GIT_")}
        # a network alone: the test is about the history, not about the resources
        self.write(Path("inventories") / "prod" / "hosts.yml", {"vpc": {"hosts": {"network": None}}})
        self.git("init", "-q", "-b", "trunk")
        self.write(NETWORKS, {"vpc_networks": {"main": SMALL}})
        self.write(Path("inventories") / "prod" / seed.PLACE, HELD)
        present = (root / TASKS).read_text()
        (root / TASKS).write_text(present.replace("Bring the networks to the described state", "Do as in former days"))
        self.commit("code")
        (root / TASKS).write_text(present)
        self.commit("small")

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *WHO, *arguments], cwd=self.root, env=self.environment, check=True, capture_output=True)

    def commit(self, tag: str) -> None:
        self.git("add", ".")
        self.git("commit", "-q", "-m", f"What {tag} is")
        self.git("tag", tag)

    def write(self, path: Path, content: Any) -> None:
        (self.root / path).parent.mkdir(exist_ok=True)
        (self.root / path).write_text(yaml.safe_dump(content))

    def change(self, **changes: Any) -> None:
        """The current network, together with consent."""
        consent = {name: changes.pop(name) for name in ("platform_purge", "platform_allow_replace") if name in changes}
        self.write(NETWORKS, {"vpc_networks": {"main": SMALL | changes}, **consent})

    def start(self, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "scripts.rehearse", "run", *options, "prod"],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def rehearse(self, *options: str) -> tuple[int, str]:
        process = self.start(*options)
        output, _errors = process.communicate()
        return process.returncode, output

    def report(self, step: str) -> Any:
        return json.loads((self.state / f"{step}.json").read_text())

    @property
    def state(self) -> Path:
        return self.root / ".rehearsal" / "prod"

    @property
    def cloud(self) -> dict[str, Any]:
        found = launcher.find("prod", self.root / ".rehearsal")
        assert found is not None
        return found

    def changed(self) -> list[str]:
        """What the last step changed."""
        return [entry["operation"] for entry in AdminClient(self.cloud["admin"]).requests() if entry["mutating"]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    yield checkout
    launcher.stop("prod", checkout.root / ".rehearsal")


@pytest.fixture
def checkout(made: Checkout) -> Checkout:
    made.git("checkout", "-q", "--force", "small")
    return made


@pytest.mark.slow
def test_a_change_is_reported_step_by_step(checkout: Checkout) -> None:
    """A zone is added; an endpoint is no longer described, and stays because consent is missing."""
    checkout.change(availability_zones=["af-south-1a", "af-south-1b", "af-south-1c"], endpoints={"gateway": ["s3"], "interface": []})
    code, output = checkout.rehearse("--from=small")
    assert code == 0, output
    assert "==> 1. prod as of small (" in output
    assert '), "What small is": apply' in output
    assert "==> 2. Plan of the change to the work tree (with uncommitted changes), with read-only credentials" in output

    past, plan, apply, again = (checkout.report(step)["totals"] for step in ("past", "plan", "apply", "again"))
    assert plan["plan"]["create"] == apply["run"]["create"] > 0
    assert plan["plan"]["held_back"] == again["run"]["held_back"] == 1
    story = output[output.index("==> The change of prod from small") :].splitlines()
    assert story[1].endswith(f": applied, {past['run']['create']} resources")
    assert story[2] == f"    2. plan of the change: {plan['plan']['create']} to add, {plan['plan']['update']} to change, 1 held back"
    assert story[3] == f"    3. applied: {plan['plan']['create']} added, {plan['plan']['update']} changed, 1 held back"
    assert story[4:6] == [
        "    4. again: nothing changed",
        "    Held back, not deleted: vpc_endpoint.main/dynamodb.",
    ]
    assert checkout.changed() == []
    assert not (checkout.state / "past").exists()


@pytest.mark.slow
def test_seeded_resources_exist_and_are_unchanged(checkout: Checkout) -> None:
    checkout.change(security={"load_balancer_ingress_cidrs": [], "load_balancer_ingress_prefix_lists": ["pl-3b927c52"]})
    code, output = checkout.rehearse()
    assert code == 0, output
    assert "Existing resources in the account (inventories/prod/rehearsal/seed.yml): 1 policy, 1 prefix list" in output
    variables = launcher.environment(checkout.cloud)
    ec2 = boto3.client(
        "ec2",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
    (office,) = ec2.describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-id", "Values": ["pl-3b927c52"]}])["PrefixLists"]
    assert (office["PrefixListName"], office["State"], office["Tags"]) == ("office", "create-complete", [])
    assert seed.apply(HELD, checkout.cloud) == "1 policy (there already), 1 prefix list (there already)"


@pytest.mark.slow
def test_a_replacement_needs_consent_of_the_present_inventory(checkout: Checkout) -> None:
    checkout.change(cidr="10.9.0.0/16")
    code, output = checkout.rehearse("--from=small")
    assert code == 1, output
    assert "ERROR: this change needs consent: vpc.main, " in output
    assert "or allow it: the plan above ends with the command that does." in output
    assert "\nmake rehearse ENV=prod FROM=small ARGS='--extra-vars " in output
    assert checkout.changed() == []

    checkout.change(cidr="10.9.0.0/16", platform_allow_replace=["*"])
    code, output = checkout.rehearse("--from=small")
    assert code == 0, output
    assert " replaced" in output.splitlines()[[line.startswith("==> The change") for line in output.splitlines()].index(True) + 3]


@pytest.mark.slow
def test_the_code_of_then(checkout: Checkout) -> None:
    code, output = checkout.rehearse("--from=code", "--from-code")
    assert code == 0, output
    assert "2. plan of the change: nothing" in output
    assert "Do as in former days" in (checkout.state / "past.log").read_text()
    assert "Do as in former days" not in output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "write", "expected"),
    [
        (["--from=nope"], {}, "ERROR: FROM=nope: there is no such commit, tag or branch"),
        (["--from-code"], {}, "ERROR: FROM_CODE=1 applies FROM with the code of that commit; set FROM=<git reference> too."),
        (
            ["--from=small"],
            {Path("inventories") / "prod" / seed.PLACE: {"polices": {}}},
            "ERROR: the seed inventories/prod/rehearsal/seed.yml is wrong:\n    polices is not known; did you mean policies?",
        ),
        (
            ["--from=small"],
            {Path("inventories") / "prod" / "host_vars" / "network.yml": {"platform_region": "eu-west-1"}},
            "is in account 123456789012, af-south-1, and now in 123456789012, eu-west-1. That is another platform",
        ),
    ],
    ids=["reference", "code", "seed", "region"],
)
def test_what_is_wrong_is_said_before_the_cloud_is_touched(
    options: list[str], write: dict[Path, Any], expected: str, checkout: Checkout
) -> None:
    running = launcher.find("prod", checkout.root / ".rehearsal")
    for path, content in write.items():
        checkout.write(path, content)
    code, output = checkout.rehearse(*options)
    checkout.git("clean", "-qfd", "inventories")
    assert code == 1
    assert expected in output
    assert "Emptying the account" not in output
    assert launcher.find("prod", checkout.root / ".rehearsal") == running


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_rehearsal_leaves_nothing_behind(number: signal.Signals, checkout: Checkout) -> None:
    (checkout.state / "past.log").unlink(missing_ok=True)
    process = checkout.start("--from=small")
    deadline = time.monotonic() + PATIENCE
    while not ((checkout.state / "past.log").exists() and "TASK" in (checkout.state / "past.log").read_text()):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    if number == signal.SIGINT:  # as a terminal does: to every process of the command
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    output, _errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, output
    assert "ERROR: interrupted; run the same command again, it starts over" in output
    assert not (checkout.state / "past").exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def run(checkout: Checkout, *arguments: str) -> tuple[int, str]:
    """The output and exit code of a Makefile command."""
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=checkout.root, env=checkout.environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_the_commands_of_a_new_user(checkout: Checkout) -> None:
    """Plan with an exit code that shows what an apply would do, apply, inspect, and destroy, all on the rehearsal."""
    code, output = checkout.rehearse()
    assert code == 0, output
    assert len(output.splitlines()) < 60, output
    assert "all of the output: .rehearsal/prod/plan.log" in output
    plan = ("scripts.plan", "make", "--rehearsal", "prod")
    assert run(checkout, *plan)[0] == 0
    checkout.change(cidr="10.9.0.0/16")
    code, output = run(checkout, *plan)
    assert code == 3, output
    assert "network is blocked: an apply changes nothing in it" in output
    checkout.change(tags={"team": "web"})
    assert run(checkout, *plan)[0] == 2
    code, output = run(checkout, "scripts.plan", "apply", "prod")
    assert (code, "make apply applies a saved plan, and none was given" in output) == (1, True)
    code, output = run(checkout, "scripts.plan", "apply", "--rehearsal", "prod")
    assert code == 0, output
    assert run(checkout, *plan)[0] == 0
    code, output = run(checkout, "scripts.plan", "show")
    assert (code, "make show shows a saved plan" in output) == (2, True)

    code, output = run(checkout, "scripts.owned", "resources", "--rehearsal", "--format", "json", "prod")
    assert code == 0, output
    listed = {one["address"]: one for one in json.loads(output)}
    assert listed["vpc.main"]["id"].startswith("vpc-")
    assert listed["vpc.main"]["arn"].endswith(listed["vpc.main"]["id"])
    code, output = run(checkout, "scripts.owned", "outputs", "--rehearsal", "--format", "json", "prod")
    assert json.loads(output)["network"]["networks"]["main"]["vpc_id"] == listed["vpc.main"]["id"]

    code, output = run(checkout, "scripts.operate", "destroy", "--rehearsal", "prod")
    assert code == 0, output
    assert "To do it: make destroy ENV=prod REHEARSAL=1 CONFIRM=prod" in output
    assert run(checkout, *plan)[0] == 0
    code, output = run(checkout, "scripts.operate", "destroy", "--rehearsal", "--confirm", "dev", "prod")
    assert (code, "CONFIRM is dev, but ENV is prod" in output) == (1, True)
    code, output = run(checkout, "scripts.operate", "destroy", "--rehearsal", "--confirm", "prod", "prod")
    assert code == 0, output
    assert run(checkout, *plan)[0] == 2
