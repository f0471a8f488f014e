"""An application on a real control plane, deployed by the library as the module does it."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.link import is_mutating
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import Marks, read
from ansible_collections.mainstay.aws.plugins.module_utils.deployment import identity
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.cluster import Cluster
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.history import History
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.holding import Holding
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes.helm_removal import Charts
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.refusals import secrets_in
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.registry import Registry
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.removal import Removal, RemovalWish
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.strategies.rolling import roll_out
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.transaction import NO_REGISTRY, Transaction
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.verification import Verification, options_of
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.wish import Outcome, Wish
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.access import from_options
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.client import Api
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.clock import EventClock
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.sensitive.texts import Texts
from rehearsal.kubernetes import build, helm
from rehearsal.kubernetes.plane import ControlPlane

MARKS = Marks("prod", "shop")


def helm_binary() -> str:
    return str(helm.helm(lambda _text: None))


QUICK = {
    "wait_timeout": 60.0,
    "grace": 2.0,
    "scale_up_grace": 2.0,
    "crash_grace": 2.0,
    "settle": 3.0,
    "quiet": 60.0,
    "poll_interval": 1.0,
    "max_restarts": 0,
}
BEHAVIOR = "rehearsal.mainstay/behavior"


class Counting(Api):
    """Counts the calls that change something, and calls ``before`` ahead of each."""

    changes: list[str]
    before: Callable[[int, str], None] = staticmethod(lambda _number, _call: None)

    def _once(self, method: str, url: str, *arguments: Any) -> Any:
        if is_mutating(method, url):
            self.changes.append(f"{method} {url}")
            self.before(len(self.changes), self.changes[-1])
        return super()._once(method, url, *arguments)


class Application:
    """``shop`` in a namespace of its own, which the first deployment creates."""

    def __init__(self, plane: ControlPlane | SimpleNamespace, namespace: str) -> None:
        self.plane, self.namespace = plane, namespace
        self.access = from_options({"kubeconfig": str(plane.kubeconfig)}, {})
        self.api = self.client()

    def client(self, clock: EventClock | None = None) -> Counting:
        clock = clock or EventClock()
        api = Counting(self.access, clock, clock.now() + 600)
        api.changes = []
        return api

    def transaction(
        self,
        *objects: Mapping[str, Any],
        migration: Mapping[str, Any] | None = None,
        strategy: Callable[[Transaction], None] = roll_out,
        check: Callable[[], str] = lambda: "",
        registry: Registry = NO_REGISTRY,
        allow_replace: Sequence[str] = (),
        take_over: Sequence[str] = (),
        holder: str = "the test",
        **wish: Any,
    ) -> Transaction:
        wanted, problems = read(list(objects), "")
        assert not problems, problems
        release = str(wish.pop("release", "") or identity.release_id(wanted, migration))
        job = identity.migration_job(migration, release, MARKS) if migration else None
        clock = EventClock()
        api = self.client(clock)
        cluster = Cluster(api, MARKS, self.namespace, texts=Texts(secrets_in(objects)), take_over=take_over)
        options, problems = options_of({**QUICK, **wish.pop("verification", {})}, self.namespace)
        assert not problems, problems
        consent = Consent(replace=tuple(allow_replace), component=MARKS.component)
        made = Wish(release, wanted, job, **{"consent": consent, "verification": options, "by": "the test", **wish})

        def say(*_words: Any) -> None:
            return None

        verify = Verification(self.access, clock, say, holder)
        holding = Holding(api, self.namespace, MARKS.component, holder, say)
        return Transaction(cluster, made, verify, say, holding, gate=check, strategy=strategy, registry=registry)

    def deploy(self, *objects: Mapping[str, Any], **more: Any) -> Outcome:
        return self.transaction(*objects, **more).run()

    def removal(self, registry: Registry = NO_REGISTRY, holder: str = "the test", **wish: Any) -> Removal:
        api = self.client(EventClock())

        def say(*_words: Any) -> None:
            return None

        holding = Holding(api, self.namespace, MARKS.component, holder, say)
        return Removal(Cluster(api, MARKS, self.namespace), RemovalWish(**wish), say, holding, registry, Charts(helm_binary()))

    def changes(self, *objects: Mapping[str, Any], **more: Any) -> list[str]:
        """The changing calls of a deployment."""
        transaction = self.transaction(*objects, **more)
        transaction.run()
        api = transaction.cluster.api
        assert isinstance(api, Counting)
        return api.changes

    @property
    def releases(self) -> list[tuple[int, str, str]]:
        """(number, version, status) of the records, the newest first."""
        found = History(Cluster(self.api, MARKS, self.namespace)).read()
        return [(one.number, one.version, one.status) for one in found]

    # --- manifests ---------------------------------------------------------------------------------------------------

    def named(self, kind: str, name: str, api_version: str = "v1", **content: Any) -> dict[str, Any]:
        return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": self.namespace}, **content}

    @property
    def namespace_object(self) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}

    def config(self, name: str = "settings", **data: str) -> dict[str, Any]:
        return self.named("ConfigMap", name, data=data)

    def secret(self, name: str = "session", **data: str) -> dict[str, Any]:
        return self.named("Secret", name, data={key: base64.b64encode(value.encode()).decode() for key, value in data.items()})

    def deployment(
        self, name: str = "api", image: str = "api:1", behavior: str = "normal", config: str = "", secret: str = "", **spec: Any
    ) -> dict[str, Any]:
        sources = [{"configMapRef": {"name": config}}] if config else []
        sources += [{"secretRef": {"name": secret}}] if secret else []
        container = {"name": "app", "image": image, **({"envFrom": sources} if sources else {})}
        template = {
            "metadata": {"labels": {"app": name}, "annotations": {BEHAVIOR: behavior}},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
        }
        body = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template, **spec}
        body = {key: value for key, value in body.items() if value is not None}
        return self.named("Deployment", name, "apps/v1", spec=body)

    def service(self, name: str = "api") -> dict[str, Any]:
        return self.named("Service", name, spec={"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]})

    def job(self, name: str = "migrate", behavior: str = "normal", **spec: Any) -> dict[str, Any]:
        template = {
            "metadata": {"annotations": {BEHAVIOR: behavior}},
            "spec": {"restartPolicy": "Never", "containers": [{"name": "migrate", "image": "migrations:1"}]},
        }
        return self.named("Job", name, "batch/v1", spec={"template": template, "activeDeadlineSeconds": 60, **spec})

    # --- what there is -----------------------------------------------------------------------------------------------

    def get(self, kind: str, name: str) -> dict[str, Any]:
        group = {"deployments": "apis/apps/v1", "jobs": "apis/batch/v1", "statefulsets": "apis/apps/v1"}.get(kind, "api/v1")
        return self.api.get(f"/{group}/namespaces/{self.namespace}/{kind}/{name}")

    def names(self, kind: str) -> list[str]:
        group = {"deployments": "apis/apps/v1", "jobs": "apis/batch/v1", "replicasets": "apis/apps/v1"}.get(kind, "api/v1")
        return [one["metadata"]["name"] for one in self.api.list(f"/{group}/namespaces/{self.namespace}/{kind}").items]

    def image(self, name: str = "api") -> str:
        return str(self.get("deployments", name)["spec"]["template"]["spec"]["containers"][0]["image"])

    def managers(self, kind: str, name: str) -> list[tuple[str, str]]:
        """(manager, operation) of the entries that are not about a subresource."""
        entries = self.get(kind, name)["metadata"]["managedFields"]
        return [(one["manager"], one["operation"]) for one in entries if not one.get("subresource")]

    def kubectl(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [str(build.kubectl()), "--kubeconfig", str(self.plane.kubeconfig), "-n", self.namespace]
        return subprocess.run([*command, *arguments], check=True, capture_output=True, text=True, input=stdin, env={**os.environ})
