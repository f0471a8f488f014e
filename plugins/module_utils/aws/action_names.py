# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names of API operations in IAM policies."""

from __future__ import annotations

from collections.abc import Mapping

PREFIXES: Mapping[str, str] = {
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
}
"""botocore's name of a service -> the prefix of its actions, where the two differ."""


def action_of(service: str, operation: str) -> str:
    """The IAM action of an operation: ``action_of("elbv2", "DescribeTags")`` -> elasticloadbalancing:DescribeTags."""
    return f"{PREFIXES.get(service, service)}:{operation}"
