"""IAM: reads AWS's managed policies once instead of after every reset."""

from __future__ import annotations

import copy
from typing import Any

from rehearsal.registry import adjusts


@adjusts("iam")
def read_managed_policies_once() -> None:
    from moto.iam.models import IAMBackend

    original = IAMBackend._init_aws_policies
    read: dict[str, list[Any]] = {}

    def init_aws_policies(self: Any) -> list[Any]:
        if self.region_name not in read:
            read[self.region_name] = original(self)
        return [copy.copy(policy) for policy in read[self.region_name]]

    IAMBackend._init_aws_policies = init_aws_policies
