# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Deploys a revision through an Argo CD Application that is there already, and goes back by revision.

Going back first switches automatic sync off, because it would sync the bad revision again, and then syncs the good one. A workload is
never rolled back beside Argo CD (kubectl rollout undo), which would see that as drift.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ...kubernetes.client import Api
from ...kubernetes.problems import Conflict, NotFound
from ...kubernetes.values import Obj
from . import argo_status
from .argo_status import Asked, Watch

APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/{}/applications/{}"
POLL_SECONDS = 2.0
ATTEMPTS = 5
REFRESH = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}

Say = Callable[[str, str, float], None]


class ArgoFailed(Exception):
    """The revision could not be deployed. Its text is suitable for users."""


@dataclass(frozen=True)
class Deployed:
    """What came of a deployment. ``before``: the revision to go back to; ``automatic``: whether automatic sync has been switched off."""

    changed: bool
    before: str = ""
    switched_off: bool = False
    notes: tuple[str, ...] = ()


@dataclass
class Argo:
    """``name``: of the Application, in ``namespace``. ``seconds``: the limit of one sync. ``grace``: of a transient bad status.

    ``fence``: called before every change; raises if this run no longer holds the application's lease.
    """

    api: Api
    namespace: str
    name: str
    say: Say
    by: str = "mainstay.aws"
    seconds: float = 600.0
    grace: float = 120.0
    prune: bool = True
    fence: Callable[[], None] = field(default=lambda: None)

    @property
    def path(self) -> str:
        return APPLICATIONS.format(self.namespace, self.name)

    def application(self) -> Obj:
        """The Application. Raises ArgoFailed if there is none."""
        try:
            return self.api.get(self.path)
        except NotFound:
            raise ArgoFailed(
                f"Application {self.namespace}/{self.name} does not exist: create it first, in the namespace where Argo CD looks for it"
            ) from None

    def problems(self, asked: Asked) -> list[str]:
        """What keeps the revision from being deployed. Changes nothing."""
        return argo_status.refusals(self.application(), asked)

    def deploy(self, asked: Asked) -> Deployed:
        """Set the revision, sync it, and wait until it is healthy. Raises ArgoFailed, Stopped."""
        now = self.application()
        if problems := argo_status.refusals(now, asked):
            raise ArgoFailed("; ".join(problems))
        before = argo_status.last_good(now, asked.source, asked.revision)
        if argo_status.is_deployed(now, asked):
            return Deployed(changed=False, before=before)
        self._sync(asked)
        return Deployed(changed=True, before=before)

    def back(self, revision: str, source: int | None = None) -> Deployed:
        """Go back to a revision. Automatic sync is switched off first, and stays off: switch it on once Git is right again.

        Raises ArgoFailed, Stopped.
        """
        asked = Asked(revision, source=source)
        now = self.application()
        if problems := argo_status.refusals(now, asked):
            raise ArgoFailed("; ".join(problems))
        off = argo_status.syncs_itself(now)
        if off:
            self._change(argo_status.manual_patch)
        self._sync(asked)
        note = f"automatic sync of Application {self.name} is off now: switch it on again once Git has a good revision"
        return Deployed(changed=True, switched_off=off, notes=(note,) if off else ())

    def _sync(self, asked: Asked) -> None:
        self._idle()
        since = self.api.server_now()
        asked = replace(asked, since=since.replace(microsecond=0))
        self._change(lambda now: argo_status.sync_patch(now, asked, self.by, prune=self.prune))
        watch = Watch(asked, self.grace, self.seconds, self.api.clock.now())
        refreshed = False
        while True:
            now = self.application()
            found = watch.step(now, self.api.clock.now())
            if found.state == "success":
                return
            if found.state == "failure":
                raise ArgoFailed(f"Application {self.name} did not deploy {asked.revision}: {found.sentence}.")
            self.say(self.name, found.sentence, self.api.clock.now() - watch.began)
            if not refreshed and argo_status.operation_of(now).get("phase") == "Succeeded":
                self.api.patch(self.path, REFRESH)  # otherwise the comparison may be minutes away
                refreshed = True
            self.api.clock.pause(POLL_SECONDS)

    def _idle(self) -> None:
        """Wait for an operation of somebody else, or of a run of ours that was killed."""
        began = self.api.clock.now()
        while argo_status.is_busy(now := self.application()):
            waited = self.api.clock.now() - began
            if waited >= self.seconds:
                message = argo_status.operation_of(now).get("message") or "it says nothing"
                raise ArgoFailed(
                    f"Application {self.name} has been busy with another operation for {waited:.0f} s ({message}): "
                    f"argocd app terminate-op {self.name} ends it"
                )
            self.say(self.name, "waiting for another operation of Argo CD", waited)
            self.api.clock.pause(POLL_SECONDS)

    def _change(self, patch: Callable[[Obj], dict[str, Any]]) -> None:
        """Change the Application as it is now; Argo CD writes its status all the time, so conflicts are tried again."""
        for attempt in range(ATTEMPTS):
            now = self.application()
            self.fence()
            try:
                self.api.patch(self.path, patch(now))
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return
