# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What boto3 and RabbitMQ's management API say of an inventory's broker, and what must be true of it."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class BrokerState:
    """``certificates``: the path of those with which the management API's own is verified."""

    client: Callable[..., Any]
    certificates: str

    @cached_property
    def brokers(self) -> dict[str, dict[str, Any]]:
        """Name -> description."""
        mq = self.client("mq")
        found = [mq.describe_broker(BrokerId=one["BrokerId"]) for one in mq.list_brokers()["BrokerSummaries"]]
        return {one["BrokerName"]: one for one in found}

    def streams(self) -> list[Any]:
        return list(self.client("kafka").list_clusters_v2()["ClusterInfoList"])

    def inside(self, name: str, secret: str, path: str) -> Any:
        """What the management API returns to the login in a secret."""
        login = json.loads(self.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
        header = base64.b64encode(f"{login['username']}:{login['password']}".encode()).decode()
        url = f"{self.brokers[name]['BrokerInstances'][0]['ConsoleURL']}/api/{path}"
        request = urllib.request.Request(url, headers={"Authorization": f"Basic {header}"})
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=self.certificates)) as reply:
            return json.loads(reply.read())


Check = Callable[[BrokerState], None]


def broker(name: str, path: str, vhost: str, user: str, *queues: str) -> Check:
    """A private cluster under a key of its own, with these queues, which the application's own login sees."""

    def check(state: BrokerState) -> None:
        one = state.brokers[name]
        assert (one["DeploymentMode"], one["PubliclyAccessible"], one["BrokerState"]) == ("CLUSTER_MULTI_AZ", False, "RUNNING")
        assert ":key/" in one["EncryptionOptions"]["KmsKeyId"]
        found = state.inside(name, f"{path}/user-{user}", f"queues/{vhost}")
        assert sorted(each["name"] for each in found) == sorted(queues)
        assert {each["type"] for each in found} == {"quorum"}

    return check


def no_streams(state: BrokerState) -> None:
    """Kafka only when performance demands."""
    assert state.streams() == []
