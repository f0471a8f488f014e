"""Deployments of applications: how soon a verdict comes, what an unchanged one costs, and how many requests rollouts lose.

    .venv/bin/python -m benchmarks.deployments verdicts    # beside kubectl rollout status, on a control plane of its own

    make rehearse ENV=prod                                 # leaves the applications of the inventory running
    .venv/bin/python -m benchmarks.deployments unchanged prod --runs 5
    .venv/bin/python -m benchmarks.deployments rollouts prod --count 20

A verdict is timed in this process, so the start of Ansible is not part of it; kubectl's time is that of its process, which starts within a
tenth of a second. The other two time whole runs of playbooks/deploy.yml.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.access import from_options
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.client import Api
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.clock import EventClock
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Settings
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.plan import Plan
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.target import Target
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.verifier import Verifier
from benchmarks.measure import Spread, seconds_of, spread
from benchmarks.processor import environment_of
from rehearsal import launcher
from rehearsal.kubernetes import build
from rehearsal.kubernetes.plane import ControlPlane
from scripts import applications
from scripts.terminal import BIN, ROOT

LONGEST = 900.0
ALLOWED_SECONDS = 1.0
"""From the moment at which the last pod is available to the verdict."""
REPLICAS = 3
BEHAVIORS = ("normal", "slow-start", "crash-loop", "image-not-found", "never-ready")
"""Of the new version's pods; see docs/rehearsal.md."""
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


# -- verdicts ------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """Seconds from the apply of a release to the moment at which all pods are available, to our verdict, and to the end of kubectl; None
    if all pods never were, or kubectl had not ended after ``deadline`` seconds.
    """

    state: str
    ours: float
    available: float | None
    kubectl: float | None


def manifest(behavior: str, version: int, deadline: float) -> dict[str, Any]:
    """A Deployment whose pods say that they are ready through a probe, as services do."""
    container = {
        "name": "app",
        "image": f"registry.example/app:{version}",
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}},
    }
    template: dict[str, Any] = {
        "metadata": {"labels": {"app": "web"}, "annotations": {"rehearsal.mainstay/behavior": behavior}},
        "spec": {"containers": [container]},
    }
    selector = {"matchLabels": template["metadata"]["labels"]}
    spec = {"replicas": REPLICAS, "progressDeadlineSeconds": int(deadline), "selector": selector, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"}, "spec": spec}


class Timed:
    """Calls a function in a thread, and keeps what it returned and when that was."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.result: Any = None
        self.at = 0.0
        self._function = function
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.result = self._function()
        self.at = time.monotonic()

    def wait(self) -> Any:
        self._thread.join()
        return self.result


def verdict_of(plane: ControlPlane, behavior: str, version: int, deadline: float) -> Verdict:
    """Release a version onto a Deployment that works, and let both judge it."""
    clock = EventClock()
    access = from_options({"kubeconfig": str(plane.kubeconfig)}, {})
    api = Api(access, clock, clock.now() + LONGEST)
    before = manifest("normal", 0, deadline)
    plane.api.patch(f"{DEPLOYMENTS}/web", before) if version else plane.api.create(DEPLOYMENTS, before)
    command = [str(build.kubectl()), "--kubeconfig", str(plane.kubeconfig), "rollout", "status", "deployment/web", f"--timeout={deadline}s"]
    subprocess.run(command, check=True, capture_output=True)
    found = api.patch(f"{DEPLOYMENTS}/web", {"spec": manifest(behavior, version + 1, deadline)["spec"]})
    began = time.monotonic()
    kubectl = Timed(lambda: subprocess.run(command, check=False, capture_output=True).returncode)
    available = Timed(lambda: wait_until_available(plane, found["metadata"]["generation"], began + deadline))
    target = Target(
        "Deployment",
        "web",
        "default",
        generation=found["metadata"]["generation"],
        uid=found["metadata"]["uid"],
        template=found["spec"]["template"],
        changed=True,
    )
    plan = Plan((target,), settings=Settings(wait=deadline), rollback=None, record=False, lock=False)
    report = Verifier(api, clock, plan, lambda *_words: None, "benchmark").run()
    ours = time.monotonic() - began
    all_there, code = available.wait(), kubectl.wait()
    state = report.ending.state if report.ending else "none"
    ended = kubectl.at - began if code == 0 or kubectl.at - began < deadline - 1 else None
    return Verdict(state, ours, available.at - began if all_there else None, ended)


def wait_until_available(plane: ControlPlane, generation: int, deadline: float) -> bool:
    """Whether all pods of the new version, and no others, became available in time."""
    while time.monotonic() < deadline:
        status = plane.api.get(f"{DEPLOYMENTS}/web").get("status", {})
        counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
        if status.get("observedGeneration", 0) >= generation and counts == [REPLICAS] * 3:
            return True
        time.sleep(0.02)
    return False


def verdicts(options: argparse.Namespace) -> int:
    print(f"{REPLICAS} pods, progressDeadlineSeconds {options.deadline:g}: seconds after the apply, medians of {options.runs} runs")
    print("pods               all available   our verdict                kubectl rollout status")
    good = True
    with ControlPlane(name="benchmark") as plane:
        for zone in "ab":
            plane.add_node(f"node-{zone}", zone=f"af-south-1{zone}")
        number = 0
        for behavior in options.behaviors.split(","):
            found = []
            for _run in range(options.runs):
                found.append(verdict_of(plane, behavior, number, options.deadline))
                number += 2
            late = [one.ours - one.available for one in found if one.available is not None and one.state == "success"]
            good = good and all(seconds <= ALLOWED_SECONDS for seconds in late)
            ends = (median([one.available for one in found]), median([one.kubectl for one in found]))
            print(f"{behavior:<16} {ends[0]:>15} {line(found):<27} {ends[1]:>6}", flush=True)
    return 0 if good else 1


def line(found: Sequence[Verdict]) -> str:
    return f"{median([one.ours for one in found]):>8} {'/'.join(sorted({one.state for one in found}))}"


def median(seconds: Sequence[float | None]) -> str:
    known = [one for one in seconds if one is not None]
    return f"{spread(known).median:.2f}" if known else "never"


# -- runs of playbooks/deploy.yml ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """Seconds of the process, calls of AWS and Kubernetes together, and how the run ended: no_changes, changes, ..."""

    seconds: float
    reads: int
    writes: int
    result: str


def deploy(name: str, environment: Mapping[str, str], *arguments: str) -> Run:
    """One run of the playbook. Raises SystemExit if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [str(BIN / "ansible-playbook"), "playbooks/deploy.yml", "-i", f"inventories/{name}", *arguments]
        seconds = seconds_of(command, {**environment, "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(report)})
        found = json.loads(report.read_text())
    calls = [one["api_calls"] for one in found["components"]]
    return Run(seconds, sum(one["read"] for one in calls), sum(one["write"] for one in calls), found["result"])


def cloud_of(name: str) -> dict[str, Any]:
    found = launcher.find(name)
    if not found:
        raise SystemExit(f"no cloud {name!r} runs; run `make rehearse ENV={name}` first")
    return found


def unchanged(options: argparse.Namespace) -> int:
    """Deploys what the inventory names, which runs already."""
    cloud_of(options.name)
    environment = environment_of(ROOT, options.name)
    found = [deploy(options.name, environment) for _run in range(options.runs)]
    changed = [one.result for one in found if one.result != "no_changes" or one.writes]
    figures: Spread = spread([one.seconds for one in found])
    print(f"unchanged deployment of all applications: {figures.text()} s, {found[-1].reads} reading and {found[-1].writes} changing calls")
    return 1 if changed else 0


def rollouts(options: argparse.Namespace) -> int:
    """Two versions of an application take turns, while clients ask for it without a pause."""
    cloud = cloud_of(options.name)
    environment = environment_of(ROOT, options.name)
    url = next((one for one in applications.urls(cloud) if f"//{options.application}." in one), "")
    if not url:
        raise SystemExit(f"no load balancer has a host name of {options.application}; there are {', '.join(applications.urls(cloud))}")
    versions = options.versions.split(",")
    users = applications.Users(cloud, url, options.clients)
    seconds = []
    for number in range(options.count):
        version = json.dumps({"app_deploy_version": versions[(number + 1) % len(versions)]})
        run = deploy(options.name, environment, "--limit", options.application, "--extra-vars", version)
        seconds.append(run.seconds)
        print(f"rollout {number + 1} of {options.count}: {run.seconds:.1f} s, {users.statuses.total()} requests so far", flush=True)
    statuses = users.stop(at_least=options.requests)
    failed = statuses.total() - statuses["200"]
    print(f"{options.count} rollouts, {spread(seconds).text(1)} s each: {statuses.total()} requests, {failed} failed, {dict(statuses)}")
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="benchmarks.deployments", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = parser.add_subparsers(dest="part", required=True)
    one = parts.add_parser("verdicts", help="good and bad releases, beside kubectl")
    one.add_argument("--behaviors", default=",".join(BEHAVIORS), help="of the new version's pods, separated by commas")
    one.add_argument("--deadline", type=float, default=60.0, help="progressDeadlineSeconds, at which kubectl gives up")
    one.add_argument("--runs", type=int, default=3)
    one.set_defaults(measure=verdicts)
    two = parts.add_parser("unchanged", help="deploys what runs already")
    two.add_argument("name", help="the inventory, such as prod")
    two.add_argument("--runs", type=int, default=5)
    two.set_defaults(measure=unchanged)
    three = parts.add_parser("rollouts", help="rollouts under load")
    three.add_argument("name", help="the inventory, such as prod")
    three.add_argument("--application", default="api")
    three.add_argument("--versions", default="1.0.0,1.1.0", help="take turns; the first one runs already")
    three.add_argument("--count", type=int, default=20)
    three.add_argument("--clients", type=int, default=2)
    three.add_argument("--requests", type=int, default=2000, help="how many there must be at least")
    three.set_defaults(measure=rollouts)
    options = parser.parse_args(arguments)
    measured: int = options.measure(options)
    return measured


if __name__ == "__main__":
    sys.exit(main())
