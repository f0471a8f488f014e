# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's streams in a rehearsal cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.domain import MessagingDomain

from .brokers import BrokerSite
from .support import REGION


@dataclass
class StreamSite(BrokerSite):
    """``described`` are its streams."""

    def domain_of(self, described: Mapping[str, Any] | None, **params: Any) -> MessagingDomain:
        given = {"environment": self.environment, "component": self.component, "region": REGION, "state": "present", **params}
        self.domain = MessagingDomain({**given, "streams": described, "network": self.network or {}})
        return self.domain

    def cluster(self, name: str = "prod-events") -> dict[str, Any]:
        found = self.cloud.client("kafka").list_clusters_v2(ClusterNameFilter=name)["ClusterInfoList"]
        return next(dict(one) for one in found if one["ClusterName"] == name)

    def provisioned(self) -> dict[str, Any]:
        return dict(self.cluster()["Provisioned"])
