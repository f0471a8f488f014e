"""An application whose chart Helm applies: deployed, undone, continued after a kill, and removed."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.link import ClusterLink, ClusterTarget
from ansible_collections.mainstay.aws.plugins.module_utils.deployment import identity
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes import settings
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes.helm_release import Chart, HelmMode
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.registry import Pinned, Registry
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.transaction import Transaction
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.wish import Outcome

from .support import BEHAVIOR, Application, helm_binary
from .test_rollback import go_back
from .test_transaction import messages

TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}, annotations: {BEHAVIOR: {{ .Values.behavior }}}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: app, image: {{ .Values.image | quote }}}]}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
""".replace("BEHAVIOR", BEHAVIOR)
FILES = {
    "Chart.yaml": "apiVersion: v2\nname: small\nversion: 1.0.0\n",
    "values.yaml": "replicas: 1\nimage: api:1\nbehavior: normal\npassword: ''\n",
    "templates/all.yaml": TEMPLATE,
}


def mode(app: Application, program: str = "", **values: Any) -> HelmMode:
    given = {"mode": "helm", "component": "shop", "namespace": app.namespace, "helm_binary": program or helm_binary()}
    found, problems = settings.read({**given, "chart": {"chart_files": FILES, "values": values}})
    assert isinstance(found, Chart), problems
    return HelmMode(found, ClusterLink(ClusterTarget(), needed=True))


def transaction(app: Application, version: str, chart: HelmMode, settle: float = 0.0) -> Transaction:
    objects = [app.namespace_object, app.config(level="info")]
    made = app.transaction(*objects, version=version, strategy=chart)
    release = identity.release_id(made.wish.objects, None, chart.chart.identity)
    return app.transaction(*objects, version=version, strategy=chart, release=release, verification={"settle": settle})


def deploy(app: Application, version: str, **values: Any) -> Outcome:
    return transaction(app, version, mode(app, image=f"api:{version}", **values), settle=3.0 if "behavior" in values else 0.0).run()


@dataclass(frozen=True)
class Images(Registry):
    """Has the images in ``there``, each with a digest, and notes which are protected."""

    there: tuple[str, ...] = ()
    kept: list[str] = field(default_factory=list)

    def pin(self, images: Sequence[str]) -> Pinned:
        found = {one: f"{one.partition(':')[0]}@sha256:{'1' * 64}" for one in images if one in self.there}
        return Pinned(found, [one for one in images if one not in self.there])

    def keep(self, images: Sequence[str]) -> Sequence[str]:
        self.kept.extend(images)
        return ()


def revisions(app: Application) -> list[tuple[int, str]]:
    """(number, status) of Helm's revisions, the newest first."""
    found = app.api.list(f"/api/v1/namespaces/{app.namespace}/secrets", labelSelector="owner=helm,name=shop").items
    return sorted(((int(one["metadata"]["labels"]["version"]), one["metadata"]["labels"]["status"]) for one in found), reverse=True)


def test_a_chart_is_deployed_undone_and_removed(app: Application) -> None:
    planned = transaction(app, "1", mode(app, image="api:1", password="s3cret-of-the-chart"))
    plan = planned.plan(applying=False)
    action = plan.actions[f"helm_release.{app.namespace}/shop"]
    assert action.verb == "create"
    assert "s3cret-of-the-chart" not in str(action)
    assert deploy(app, "1").reason == ""
    assert (app.image(), revisions(app)) == ("api:1", [(1, "deployed")])

    again = transaction(app, "1", mode(app, image="api:1"))
    assert again.run().unchanged
    assert again.cluster.api.changes == []  # type: ignore[attr-defined]
    app.kubectl("scale", "deployment/api", "--replicas=3")
    repaired = deploy(app, "1")
    assert (repaired.reason, revisions(app)[0]) == ("", (2, "deployed"))
    assert app.get("deployments", "api")["spec"]["replicas"] == 1

    bad = deploy(app, "2", behavior="crash-loop")
    assert bad.went_back, bad.reason
    assert "crash" in bad.reason
    assert (app.image(), revisions(app)[0]) == ("api:1", (4, "deployed")), "back to the revision that was verified"
    assert app.releases == [(2, "2", "failed"), (1, "1", "verified")]
    assert transaction(app, "1", mode(app, image="api:1")).run().reason == ""

    assert deploy(app, "3").reason == ""
    assert app.image() == "api:3"
    back = go_back(app, "1", strategy=mode(app))
    assert back.reason == ""
    assert app.image() == "api:1"
    assert go_back(app, "1", strategy=mode(app)).unchanged
    refused = go_back(app, "3")
    assert [one.code for one in refused.failures] == ["Mode"]

    removal = app.removal()
    removal.plan()
    assert removal.outcome.plan is not None
    assert next(iter(removal.outcome.plan.actions)) == f"helm_release.{app.namespace}/shop"
    assert removal.run().reason == ""
    assert app.namespace not in [one["metadata"]["name"] for one in app.api.list("/api/v1/namespaces").items]


def leave_pending(app: Application) -> None:
    """What a killed Helm leaves: its revision is pending, and it began long ago."""
    path = f"/api/v1/namespaces/{app.namespace}/secrets"
    newest = max(app.api.list(path, labelSelector="owner=helm").items, key=lambda one: int(one["metadata"]["labels"]["version"]))
    content = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(newest["data"]["release"]))))
    content["info"] |= {"status": "pending-upgrade", "last_deployed": "2020-01-01T00:00:00Z"}
    packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(content).encode()))).decode()
    changed = {"metadata": {"labels": {"status": "pending-upgrade"}}, "data": {"release": packed}}
    app.api.patch(f"{path}/{newest['metadata']['name']}", changed)


def test_a_release_that_a_killed_run_left_pending_is_taken_over(app: Application) -> None:
    assert deploy(app, "1").reason == ""
    assert deploy(app, "2").reason == ""
    leave_pending(app)
    outcome = deploy(app, "3")
    assert outcome.reason == "", outcome.reason
    assert "left pending-upgrade by a killed run" in " ".join(outcome.notes)
    assert (app.image(), revisions(app)[0][1]) == ("api:3", "deployed")


def test_what_helm_refuses_goes_back_and_shows_no_secret(app: Application) -> None:
    assert deploy(app, "1").reason == ""
    outcome = deploy(app, "2", replicas="s3cret-of-the-chart", password="s3cret-of-the-chart")
    assert outcome.went_back, outcome.reason
    assert "Helm could not deploy the chart" in outcome.reason
    assert app.image() == "api:1"
    assert deploy(app, "3").reason == ""


def test_a_chart_that_is_not_there_is_refused_before_the_first_change(app: Application) -> None:
    """In a repository, since a folder is looked at with the other settings."""
    source = {"chart": "shop", "repository": "http://127.0.0.1:9", "version": "1.0.0"}
    given = {"mode": "helm", "component": "shop", "namespace": app.namespace, "helm_binary": helm_binary()}
    found, problems = settings.read({**given, "chart": source})
    assert isinstance(found, Chart), problems
    made = transaction(app, "1", HelmMode(found, ClusterLink(ClusterTarget(), needed=True)))
    outcome = made.run()
    assert "the chart cannot be used: " in messages(outcome)
    assert made.cluster.api.changes == []  # type: ignore[attr-defined]


def test_images_of_a_chart_are_required_before_helm_runs_and_protected_afterwards(app: Application) -> None:
    made = transaction(app, "1", mode(app, image="api:1"))
    made.registry = Images(there=("web:1",))
    lacking = made.run()
    assert "the chart names images that ECR does not have: api:1" in messages(lacking)
    assert made.cluster.api.changes == [], "not even the namespace"  # type: ignore[attr-defined]
    made = transaction(app, "1", mode(app, image="api:1"))
    made.registry = held = Images(there=("api:1",))
    outcome = made.run()
    assert outcome.reason == ""
    assert held.kept == [f"api@sha256:{'1' * 64}"]
    assert outcome.release is not None
    assert outcome.release.progress["images"] == held.kept
    assert "images are named by tag: api:1" in " ".join(outcome.warnings)
