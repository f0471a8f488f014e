# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The secrets of administrators, users, and clients."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ....aws.connection import Aws
from ....aws.marked import marked_arns
from ....kinds.secret import Secret


class MessagingSecret(Secret):
    """``looks``: whether Secrets Manager is asked even if the tagging API knows no secret of the component's: queues have none."""

    name = "messaging_secret"
    operations = ("resourcegroupstaggingapi.get_resources",)

    def __init__(self, wanted: Collection[str] = (), pending: Collection[str] = (), looks: bool = True) -> None:
        super().__init__(wanted, pending)
        self.looks = looks

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        return super().listed(aws) if self.looks or marked_arns(aws, "secretsmanager") else []
