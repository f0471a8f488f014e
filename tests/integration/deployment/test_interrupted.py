"""A deployment that is killed anywhere, or meets another one: the same command goes on, and nothing happens twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.clock import EventClock
from tests.runs import ROOT

from .support import BEHAVIOR, Application, Counting
from .test_transaction import messages, shop, succeeded

AT_ONCE = {"verification": {"settle": 0.0}}


class Killed(BaseException):
    """Stands for a SIGKILL: nothing of the run is done after it."""


def killed_before(app: Application, number: int, *objects: dict[str, Any], **more: Any) -> bool:
    """Deploy, and end before the changing call of this number. Returns whether the deployment came so far."""
    transaction = app.transaction(*objects, **more)
    api = transaction.cluster.api
    assert isinstance(api, Counting)

    def before(count: int, _call: str) -> None:
        if count >= number:
            raise Killed

    api.before = before  # type: ignore[assignment]
    try:
        transaction.run()
    except Killed:
        return True
    return False


def test_killed_before_each_changing_call_the_same_command_goes_on(app: Application) -> None:
    succeeded(app.deploy(*shop(app, "api:0"), version="0", **AT_ONCE))
    number = 0
    while True:
        number += 1
        objects = [*shop(app, f"api:{number}"), app.config(f"config-{number}", number=str(number))]
        release: dict[str, Any] = {"migration": app.job(f"migrate-{number}"), "version": str(number), **AT_ONCE}
        ended = killed_before(app, number, *objects, **release)
        jobs = {one["metadata"]["uid"] for one in app.api.list(f"/apis/batch/v1/namespaces/{app.namespace}/jobs").items}
        outcome = succeeded(app.deploy(*objects, **release))
        after = app.api.list(f"/apis/batch/v1/namespaces/{app.namespace}/jobs").items
        own = [one["metadata"]["uid"] for one in after if one["metadata"]["name"].startswith(f"migrate-{number}-")]
        assert len(own) == 1, number
        assert outcome.release is not None
        assert outcome.release.migration is not None
        assert outcome.release.migration["uid"] == own[0]
        assert not jobs or len(jobs | set(own)) <= len(jobs) + 1
        assert app.image() == f"api:{number}", number
        assert app.releases[0] == (number + 1, str(number), "verified")
        assert app.managers("deployments", "api") == [("mainstay", "Apply")]
        assert app.changes(*objects, **release) == [], number
        if not ended:
            break
    assert number > 9


SCRIPT = """
import json, sys
from types import SimpleNamespace
from tests.integration.deployment.support import Application
given = json.load(sys.stdin)
app = Application(SimpleNamespace(kubeconfig=given["kubeconfig"]), given["namespace"])
app.deploy(*given["objects"], migration=given["migration"], version="2", holder="the killed run")
"""


def slow_job(app: Application) -> dict[str, Any]:
    job = app.job(behavior="exits")
    job["spec"]["template"]["metadata"]["annotations"] = {BEHAVIOR: "exits", "rehearsal.mainstay/run-for": "6000"}
    return job


def test_a_process_that_is_killed_during_the_migration_migrates_once(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1", **AT_ONCE))
    given = {"kubeconfig": str(app.plane.kubeconfig), "namespace": app.namespace, "objects": shop(app, "api:2"), "migration": slow_job(app)}
    paths = os.pathsep.join([str(ROOT), str(ROOT / "collections")])
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(given))
    process.stdin.close()
    deadline = time.monotonic() + 60
    while not app.names("jobs") and time.monotonic() < deadline:
        time.sleep(0.1)
    jobs = app.api.list(f"/apis/batch/v1/namespaces/{app.namespace}/jobs").items
    process.kill()
    process.wait()
    # the lease of the killed run is waited for, although nobody asked to wait for other deployments
    outcome = succeeded(app.deploy(*shop(app, "api:2"), migration=slow_job(app), version="2", holder="the next run", **AT_ONCE))
    assert outcome.release is not None
    assert outcome.release.migration is not None
    assert outcome.release.migration["uid"] == jobs[0]["metadata"]["uid"]
    assert app.image() == "api:2"


def test_two_deployments_at_once(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1", **AT_ONCE))
    first = threading.Thread(
        target=app.deploy, args=shop(app, "api:2", behavior="slow-start"), kwargs={"version": "2", "holder": "the first run"}
    )
    first.start()
    deadline = time.monotonic() + 30
    while app.image() != "api:2" and time.monotonic() < deadline:
        time.sleep(0.1)
    refused = app.deploy(*shop(app, "api:3"), version="3", holder="the second run")
    first.join()
    if refused.reason:
        assert "being deployed by the first run" in refused.reason
    else:  # the first one ended while the second found out whether it is alive
        assert app.image() == "api:3"
    succeeded(app.deploy(*shop(app, "api:4"), version="4", **AT_ONCE))
    assert messages(refused) == ""


def test_a_request_to_stop_undoes_nothing_and_frees_the_lease(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1", **AT_ONCE))
    stopped = app.transaction(*shop(app, "api:2", behavior="slow-start"), version="2")
    run = threading.Thread(target=stopped.run)
    run.start()
    deadline = time.monotonic() + 30
    while app.image() != "api:2" and time.monotonic() < deadline:
        time.sleep(0.1)
    clock = stopped.cluster.api.clock
    assert isinstance(clock, EventClock)
    clock.stop()
    run.join()
    assert stopped.outcome.interrupted
    assert not stopped.outcome.went_back
    assert "run the same command again" in stopped.outcome.reason
    assert app.releases[0] == (2, "2", "applied")
    began = time.monotonic()
    succeeded(app.deploy(*shop(app, "api:2", behavior="slow-start"), version="2", holder="the next run"))
    assert time.monotonic() - began < 25
    assert app.releases[0] == (2, "2", "verified")


def test_an_unchanged_deployment_only_reads(app: Application) -> None:
    objects = [*shop(app), app.deployment("web"), app.service("web")]
    succeeded(app.deploy(*objects, version="1", **AT_ONCE))
    transaction = app.transaction(*objects, version="1")
    outcome = transaction.run()
    assert (outcome.unchanged, outcome.changed) == (True, False)
    api = transaction.cluster.api
    assert isinstance(api, Counting)
    assert api.changes == []
    # the records, each namespace once, and for each object a read and a dry run
    assert api.counters.calls <= 2 + 2 * len(objects)


def test_what_a_killed_run_added_goes_when_the_next_one_goes_back(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1", **AT_ONCE))
    bad = [*shop(app, "api:2", behavior="crash-loop"), app.deployment("worker")]
    number = 1
    while "worker" not in app.names("deployments"):
        killed_before(app, number, *bad, version="2")
        number += 1
    outcome = app.deploy(*bad, version="2")
    assert outcome.went_back, outcome.reason
    assert app.names("deployments") == ["api"]
