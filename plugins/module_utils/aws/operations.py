# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How code declares the AWS API operations that it calls. Policies are built from them, and tests compare them with the actual calls."""

from __future__ import annotations

from typing import NamedTuple


class Operation(NamedTuple):
    """One operation as boto3 calls it: ``Operation("ec2", "describe_vpcs")``."""

    service: str
    method: str

    def __str__(self) -> str:
        return f"{self.service}.{self.method}"


def named(text: str, service: str) -> Operation:
    """``describe_vpcs`` of this service, or ``kms.describe_key`` of another one."""
    own, dot, method = text.rpartition(".")
    return Operation(own if dot else service, method)


def operations(service: str, methods: str) -> tuple[Operation, ...]:
    """Several operations of a service; ``methods`` are separated by white space."""
    return tuple(Operation(service, method) for method in methods.split())
