# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Access to one cluster for the kinds: connects on the first request, or reports that the cluster does not exist.

A cluster that does not exist yet is treated as empty, so a plan shows all of its content as additions. An apply cannot proceed and reports
which cluster is missing.
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..aws.connection import Aws
from ..kubernetes.access import Access, from_options
from ..kubernetes.client import VERBS, Api, resource_of
from ..kubernetes.clock import EventClock
from ..kubernetes.eks_access import eks_token
from ..kubernetes.problems import ApiProblem, Conflict, Forbidden, NotFound, Unreachable
from ..reconcile.errors import CallFailed, NotYet
from ..reconcile.model import UNKNOWN

FIRST_SECONDS = 20.0
"""How long a cluster may take to respond for the first time. Short, so that a wrong address or a private endpoint is reported soon."""

CALL_SECONDS = 90.0
"""How long one call is retried once the cluster has responded: its API restarts during updates."""

WEBHOOK = "failed calling webhook"
REACHABLE = ("ACTIVE", "UPDATING")


@dataclass(frozen=True)
class ClusterTarget:
    """How to reach the cluster: the name of an EKS cluster, or the options of a kubeconfig."""

    cluster: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"EKS cluster {self.cluster}" if self.cluster else "the cluster of the kubeconfig"


def link_of(params: Mapping[str, Any], *, needed: bool) -> ClusterLink:
    """The link that a module's options describe. ``needed``: see ClusterLink."""
    options = {"kubeconfig": params["kubeconfig"], "context": params["context"]}
    return ClusterLink(ClusterTarget(params["cluster"], options, dict(os.environ)), needed=needed)


class Calls(Api):
    """The API with separate time limits for each call, our safety check before each change, and call counts added to those of AWS."""

    def __init__(self, access: Access, aws: Aws) -> None:
        self._call_ends = threading.local()
        self._answered = False
        self._aws = aws
        self.bell = EventClock()
        super().__init__(access, self.bell, 0.0)

    @property
    def deadline(self) -> float:
        return float(getattr(self._call_ends, "at", 0.0))

    @deadline.setter
    def deadline(self, _value: float) -> None:
        """Api sets one deadline for its lifetime; here each call has its own."""

    def _call(self, method: str, path: str, query: Mapping[str, Any], **more: Any) -> Any:
        self._call_ends.at = self.clock.now() + (CALL_SECONDS if self._answered else FIRST_SECONDS)
        return super()._call(method, path, query, **more)

    def _once(self, method: str, url: str, *arguments: Any) -> Any:
        mutating = is_mutating(method, url)
        if mutating and self._aws.fence:
            self._aws.fence()
        self._aws.count(mutating=mutating)
        response = super()._once(method, url, *arguments)
        self._answered = True
        return response

    def is_final(self, status: int, text: str) -> bool:
        """A webhook without a running backend is not final: the engine waits for it and shows what it waits for."""
        return super().is_final(status, text) or WEBHOOK in text


def is_mutating(method: str, url: str) -> bool:
    """Whether a call changes something. A dry run does not."""
    return method != "GET" and "dryRun=" not in url


class ClusterLink:
    """One cluster during one call of the module. Kinds use it from several threads."""

    def __init__(self, target: ClusterTarget, *, needed: bool) -> None:
        """``needed``: a missing cluster is an error. It is not needed in check mode or when everything is to be removed."""
        self.target = target
        self.needed = needed
        self._lock = threading.Lock()
        self._calls: Calls | None = None
        self._looked = False

    def reach(self, aws: Aws) -> Calls | None:
        """The API, or None for a cluster that is treated as empty. Raises CallFailed only once: one message is enough."""
        with self._lock:
            if not self._looked:
                self._looked = True
                self._calls = self._reach(aws)
            return self._calls

    def api(self, aws: Aws) -> Calls:
        """The API for making a change."""
        found = self.reach(aws)
        if found is None:
            raise CallFailed(f"{self.target.label} does not exist")
        return found

    def _reach(self, aws: Aws) -> Calls | None:
        try:
            access = self._eks(aws) if self.target.cluster is not None else from_options(self.target.options, self.target.environment)
            if access is None:
                return None
            calls = Calls(access, aws)
            calls.get("/version")
        except ApiProblem as error:
            raise as_call_failed(error, self.target.label) from error
        return calls

    def _eks(self, aws: Aws) -> Access | None:
        name = self.target.cluster or ""
        if not name or UNKNOWN in name:
            return self._missing(f"The name of the cluster is not known (option cluster is {name!r}).")
        reply = aws.find("eks", "describe_cluster", name=name)
        if reply is None:
            return self._missing(f"There is no EKS cluster {name} in this account and region (option cluster).")
        cluster = reply["cluster"]
        if cluster["status"] not in REACHABLE:
            return self._missing(f"EKS cluster {name} is {cluster['status']}; it has to be ACTIVE before anything can be changed in it.")
        authority = base64.b64decode(cluster["certificateAuthority"]["data"]).decode()
        region = aws.client("sts").meta.region_name
        return Access(str(cluster["endpoint"]), authority, token=eks_token(aws.client, name, region))

    def _missing(self, why: str) -> Access | None:
        """None for a missing cluster; an error if the run has to change something in it."""
        if self.needed:
            raise CallFailed(why)
        return None


def as_call_failed(error: ApiProblem, label: str = "") -> CallFailed:
    """The engine's exception for an API error: NotYet for one that may pass, CallFailed for a final one."""
    text = str(error)
    if isinstance(error, Unreachable):
        hint = "A private endpoint is reachable only from its VPC and connected networks: set eks_api_host to a host there."
        return CallFailed(f"{label} cannot be reached: {text}".strip(), "", "Unreachable", hint)
    if WEBHOOK in text:
        return NotYet(text, code="WebhookNotReady", dependency=True)
    if isinstance(error, Conflict):
        return NotYet(text, code="Conflict")
    if isinstance(error, Forbidden) and "being terminated" in text:
        return NotYet(text, code="NamespaceTerminating", dependency=True)
    if isinstance(error, NotFound):
        return NotYet(text, code="NotFound")
    return CallFailed(f"{label}: {text}" if label else text, code=type(error).__name__)


def calling(function: Callable[[], Any]) -> Any:
    """The result of an API call, with errors converted to the engine's exceptions."""
    try:
        return function()
    except ApiProblem as error:
        raise as_call_failed(error) from error


__all__ = ["VERBS", "Calls", "ClusterLink", "ClusterTarget", "as_call_failed", "calling", "resource_of"]
