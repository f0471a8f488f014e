"""IAM: reads AWS's managed policies once instead of after every reset."""

from __future__ import annotations

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
        return [_copy(policy) for policy in read[self.region_name]]

    IAMBackend._init_aws_policies = init_aws_policies


def _copy(policy: Any) -> Any:
    """Like ``copy.copy``, which takes five times as long: there are more than a thousand policies."""
    made = object.__new__(type(policy))
    made.__dict__.update(policy.__dict__)
    return made
