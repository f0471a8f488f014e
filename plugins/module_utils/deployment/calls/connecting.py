# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a call of the modules works with: the connections to AWS and to the cluster, who calls, and what must not be shown."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any

from ...aws.connection import Aws
from ...aws.place import Place
from ...cluster_objects.hiding import Hiding
from ...cluster_objects.link import Calls, ClusterLink, link_of
from ...cluster_objects.manifest import Marks
from ...component.connect import check_options, connect, fail, place_of, unidentified
from ...component.progress import progress
from ...images.protecting import user_of
from ...kubernetes.clock import EventClock
from ...reconcile.errors import CallFailed, failure
from ...sensitive.texts import Texts, unpacked
from ..cluster import Cluster
from ..holding import Holding
from ..origin_secret import SecretValues, Veil
from ..registry import Ecr, Registry
from ..target_groups import AwsTargetGroups
from ..verification import Verification


@dataclass
class Connection:
    """``api``: None for a cluster that does not exist yet, which in check mode counts as empty."""

    aws: Aws
    place: Place
    api: Calls | None
    link: ClusterLink

    @property
    def caller(self) -> str:
        return self.place.caller

    @property
    def inside(self) -> Calls:
        """The cluster's API. Raises ValueError if there is no cluster."""
        if self.api is None:
            raise ValueError("there is no cluster")
        return self.api

    @property
    def bell(self) -> EventClock:
        """The clock of the cluster's API, which an interruption stops."""
        return self.inside.bell

    def holder(self) -> str:
        """Who holds a lease: the process, and the identity it acts as."""
        return f"{self.caller} on {socket.gethostname()} (process {os.getpid()})"

    def cluster(self, params: Any, secrets: list[str]) -> Cluster:
        """The application's cluster. Raises ValueError if there is none."""
        vault = unpacked(params.get("sensitive_values"))
        return Cluster(
            self.inside,
            Marks(params["environment"], params["component"]),
            params["namespace"],
            Hiding(params.get("sensitive") or (), vault),
            Texts([*secrets, *vault.secrets]),
            params.get("take_over") or (),
            veil=Veil(SecretValues(self.aws)),
            **({"poll": params["poll_interval"]} if params.get("poll_interval") else {}),
        )

    def registry(self) -> Registry:
        """The images in ECR, protected in the name of the component."""
        return Ecr(self.aws, user_of(self.place.environment, self.place.component))

    def verification(self, params: Any) -> Verification:
        targets = AwsTargetGroups(self.aws, params.get("cluster") or "")
        return Verification(self.inside.access, self.bell, progress, self.holder(), lambda: self.aws.client("cloudwatch"), targets)

    def holding(self, params: Any) -> Holding:
        return Holding(self.inside, params["namespace"], params["component"], self.holder(), progress)


def connection(module: Any, *, needed: bool) -> Connection:
    """Connect. Ends the module if AWS or the cluster cannot be reached. ``needed``: a cluster that does not exist is an error."""
    check_options(module)
    aws, endpoint, region = connect(module)
    params = module.params
    try:
        place = place_of(module, aws.read("sts", "get_caller_identity"), region, endpoint)
    except CallFailed as error:
        fail(module, [failure("", error)], unidentified(error, region))
    try:
        link = link_of(params, needed=needed)
        return Connection(aws, place, link.reach(aws), link)
    except CallFailed as error:
        fail(module, [failure("", error)], "The cluster could not be reached, so nothing was planned or changed.")
