# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waits until secrets that a controller provides are there: a migration or a pod without its Secret fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..cluster_objects.api import api_group
from ..cluster_objects.manifest import Wanted
from ..kubernetes.objects import condition, generation, spec, status
from ..kubernetes.values import Obj
from .applying import ApplyFailed, Say
from .cluster import Cluster
from .look import address_of

GROUP = "external-secrets.io"
KINDS = ("ExternalSecret",)


def target_of(manifest: Mapping[str, Any]) -> str:
    """The name of the Secret that an ExternalSecret provides: by default, its own."""
    return str((spec(manifest).get("target") or {}).get("name") or manifest["metadata"]["name"])


def waiting_for(live: Obj | None, secret: Obj | None) -> str:
    """What an ExternalSecret still lacks; empty if it is synced.

    Its condition may be of the time before the last change. ``status.syncedResourceVersion`` begins with the generation that was synced
    (external-secrets.io/latest/api/externalsecret).
    """
    if live is None:
        return "it does not exist"
    ready = condition(live, "Ready")
    synced = str(status(live).get("syncedResourceVersion") or "")
    if not ready:
        return "no controller has answered; External Secrets has to run in the cluster"
    if ready.get("status") != "True":
        return str(ready.get("message") or ready.get("reason") or "it is not ready")
    if synced and synced.partition("-")[0] != str(generation(live)):
        return "its last change has not been synced yet"
    return "" if secret is not None else "its Secret does not exist yet"


@dataclass
class Synced:
    cluster: Cluster
    say: Say
    seconds: float

    def wait(self, objects: Sequence[Wanted]) -> None:
        """Wait for all ExternalSecrets among these objects. Raises ApplyFailed for the first that is not synced in time."""
        left = [one for one in objects if one.kind in KINDS and api_group(one.api_version) == GROUP]
        clock = self.cluster.api.clock
        began = clock.now()
        while left:
            reasons = [(one, reason) for one in left if (reason := self._reason(one))]
            waited = clock.now() - began
            for one, reason in reasons:
                if waited > self.seconds:
                    shown = self.cluster.texts.mask(reason).rstrip(".")
                    message = (
                        f"it was not synced within {self.seconds:.0f} s: {shown}. Check its store and key, and the rights of its store"
                    )
                    raise ApplyFailed(address_of(one), message)
                self.say(address_of(one), reason, waited)
            left = [one for one, _reason in reasons]
            if left:
                self.cluster.pause()

    def _reason(self, one: Wanted) -> str:
        live = self.cluster.live(one)
        if (spec(one.manifest).get("target") or {}).get("creationPolicy") == "None":
            return waiting_for(live, {})
        secret = self.cluster.get(f"/api/v1/namespaces/{one.namespace}/secrets/{target_of(one.manifest)}")
        return waiting_for(live, secret)
