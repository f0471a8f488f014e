# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's queues in a rehearsal cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.domain import MessagingDomain
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from tests.integration.site import ACCOUNT, DomainSite, Requests

__all__ = ["ACCOUNT", "PURGE", "REGION", "Site"]

REGION = "eu-west-1"
PURGE = ("*", "kms_key.*", "message_queue.*")
"""Consent to delete everything: kinds that hold data are covered only by their full name."""


@dataclass
class Site(DomainSite):
    component: str = "queues"
    domain: MessagingDomain | None = None

    region: ClassVar[str] = REGION

    def aws(self, role: str = "apply") -> Aws:
        return Aws(lambda service, region=REGION: watch(self.cloud.client(service, role, region)), self.owner, region=REGION)

    def domain_of(self, described: Mapping[str, Any] | None, **params: Any) -> MessagingDomain:
        given = {"environment": self.environment, "component": self.component, "region": REGION, "state": "present", **params}
        self.domain = MessagingDomain({**given, "queues": described})
        return self.domain

    def observation(self) -> Observation:
        assert self.domain is not None
        aws = self.aws("plan")
        try:
            answers = {name: ask(aws) for name, ask in self.domain.questions().items()}
        finally:
            aws.close()
        return Observation(Place(self.environment, self.component, REGION, ACCOUNT, tags=self.tags), self.observed(), answers)

    def problems(self, queues: Mapping[str, Any], **params: Any) -> list[str]:
        """What the account holds against these settings."""
        return list(self.domain_of(queues, **params).problems(self.observation()))

    def desired(self, queues: Mapping[str, Any], **params: Any) -> list[Resource]:
        return list(self.domain_of(queues, **params).resources(self.observation()))

    def bring(self, queues: Mapping[str, Any], purge: tuple[str, ...] = (), **params: Any) -> list[str]:
        """Apply; the changing calls that it took."""
        desired = self.desired(queues, **params)
        assert self.domain is not None
        assert not list(self.domain.problems(self.observation()))
        requests = Requests(self.cloud)
        self.apply(desired, allow_replace=purge, purge=purge)
        return requests.changes()

    def queue(self, name: str) -> dict[str, str]:
        """The attributes of a queue, as SQS returns them."""
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return found

    def send(self, name: str, count: int = 1) -> None:
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        for number in range(count):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
