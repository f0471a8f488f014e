# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs the migration of a release: one Job, once for each release, however often the deployment is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..kubernetes.masking import last_lines
from ..kubernetes.objects import condition, metadata, moment, name, owned_by, status, uid
from ..kubernetes.problems import ApiProblem, Conflict
from ..kubernetes.values import Obj, Settings
from ..reconcile.waiting import Stopped
from ..rollout.plan import Plan
from ..rollout.target import Target
from .applying import GONE_SECONDS
from .cluster import Cluster
from .identity import deadline_of
from .verification import Verification

EXTRA_SECONDS = 120.0
"""How much longer than the Job's own deadline it is waited for: the deadline begins when the Job starts, and the Job is marked as failed
only after its pods have ended."""

LOG_BYTES = 65536


class MigrationFailed(Exception):
    """The migration did not succeed. ``state``: what the record keeps of it."""

    def __init__(self, sentence: str, state: Mapping[str, Any]) -> None:
        super().__init__(sentence)
        self.state = dict(state)


@dataclass
class Migration:
    """``keep``: called with what the record has to keep, as soon as it is known."""

    cluster: Cluster
    job: Mapping[str, Any]
    verify: Verification
    keep: Callable[[Mapping[str, Any]], None]

    @property
    def _collection(self) -> str:
        return f"/apis/batch/v1/namespaces/{self.job['metadata']['namespace']}/jobs"

    @property
    def name(self) -> str:
        return str(self.job["metadata"]["name"])

    @property
    def path(self) -> str:
        return f"{self._collection}/{self.name}"

    def run(self, earlier: Mapping[str, Any] | None) -> dict[str, Any]:
        """Run the Job, or wait for the one that an interrupted run started. Returns what the record keeps.

        ``earlier``: what the record has kept so far. Raises MigrationFailed with the Job's last log lines, ApiProblem, Stopped.
        """
        live = self._started(earlier or {})
        state = {"job": self.name, "uid": uid(live), "image": _image(self.job), "started": metadata(live).get("creationTimestamp")}
        self.keep(state)
        if condition(live, "Complete").get("status") != "True":
            self._wait(live, state)
        return self._finished(state)

    def _started(self, earlier: Mapping[str, Any]) -> Obj:
        """The Job. One that has failed, and was reported, is deleted and runs again: whoever deploys again has removed the reason."""
        live = self.cluster.get(self.path)
        if live is not None and _failed(live) and earlier.get("failed") == uid(live):
            self.cluster.delete(self.path, uid(live))
            self._gone(uid(live))
            live = None
        if live is not None:
            return live
        try:
            return self.cluster.create_job(self.job)
        except Conflict:  # the reply to an earlier attempt was lost
            return self.cluster.api.get(self.path)

    def _gone(self, old: str) -> None:
        clock = self.cluster.api.clock
        until = clock.now() + GONE_SECONDS
        while (found := self.cluster.get(self.path)) is not None and uid(found) == old and clock.now() < until:
            self.cluster.pause()

    def _wait(self, live: Obj, state: Mapping[str, Any]) -> None:
        target = Target("Job", self.name, str(self.job["metadata"]["namespace"]), uid=uid(live), changed=True)
        seconds = deadline_of(self.job) + EXTRA_SECONDS
        settings = Settings(wait=seconds, quiet=seconds, max_restarts=10**6, settle=0.0)
        verdict = self.verify.run(Plan((target,), settings, rollback=None, record=False, lock=False, poll=self.cluster.poll))
        if verdict.interrupted:
            raise Stopped
        if verdict.state != "success":
            lines = self._log(uid(live))
            shown = f" Last log lines: {' | '.join(lines)}" if lines else ""
            sentence = f"The migration failed: {verdict.sentence}{'' if lines and lines[-1] in verdict.sentence else shown}"
            raise MigrationFailed(sentence, {**state, "failed": uid(live), "log": list(lines)})

    def _finished(self, state: Mapping[str, Any]) -> dict[str, Any]:
        live = self.cluster.get(self.path) or {}
        begun, ended = moment(status(live).get("startTime")), moment(status(live).get("completionTime"))
        seconds = round((ended - begun).total_seconds(), 1) if begun and ended else None
        finished = status(live).get("completionTime") or self.cluster.api.server_now().strftime("%Y-%m-%dT%H:%M:%SZ")
        return {**state, "finished": finished, "seconds": seconds, "log": list(self._log(str(state["uid"])))}

    def _log(self, job: str) -> tuple[str, ...]:
        """The last log lines of the Job's newest pod, with secrets masked; nothing if they cannot be read."""
        namespace = self.job["metadata"]["namespace"]
        try:
            pods = owned_by(self.cluster.api.list(f"/api/v1/namespaces/{namespace}/pods", labelSelector=f"job-name={self.name}").items, job)
            if not pods:
                return ()
            newest = max(pods, key=lambda pod: str(metadata(pod).get("creationTimestamp")))
            text = self.cluster.api.text(
                f"/api/v1/namespaces/{namespace}/pods/{name(newest)}/log", tailLines="50", limitBytes=str(LOG_BYTES)
            )
        except ApiProblem:
            return ()
        return tuple(self.cluster.texts.mask(line) for line in last_lines(text))


def _failed(job: Obj) -> bool:
    return condition(job, "Failed").get("status") == "True"


def _image(job: Mapping[str, Any]) -> str:
    containers: Sequence[Mapping[str, Any]] = job["spec"]["template"]["spec"].get("containers") or ({},)
    return str(containers[0].get("image") or "")
