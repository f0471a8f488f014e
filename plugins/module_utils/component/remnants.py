# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the tagging API lists although no component has it any more: deleted resources that keep their tags for a while, and what outlives
its resource on purpose. The search for unclaimed resources asks here about everything that it finds, so each such type has its entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..aws.connection import Aws


@dataclass(frozen=True)
class Remnant:
    """``exists``: whether a resource with such an ARN exists as one of a component's. It may call the service in the ARN's region."""

    arn: re.Pattern[str]
    exists: Callable[[Aws, str], bool]


def exists(aws: Aws, arn: str) -> bool:
    """Whether a listed resource is one that a component should have removed. Raises CallFailed."""
    region = arn.split(":")[3]
    there = aws.in_region(region) if region in aws.regions else aws
    return all(one.exists(there, arn) for one in REMNANTS if one.arn.search(arn))


def _gateway(aws: Aws, arn: str) -> bool:
    """A NAT gateway is listed for an hour after its deletion."""
    reply = aws.find("ec2", "describe_nat_gateways", NatGatewayIds=[arn.rpartition("/")[2]])
    return any(raw["State"] not in ("deleted", "deleting") for raw in (reply or {}).get("NatGateways", []))


def _key(aws: Aws, arn: str) -> bool:
    """A key keeps its tags until the end of its pending window."""
    reply = aws.find("kms", "describe_key", KeyId=arn)
    return reply is not None and reply["KeyMetadata"]["KeyState"] not in ("PendingDeletion", "PendingReplicaDeletion")


def _secret(aws: Aws, arn: str) -> bool:
    """A secret keeps its tags for 30 days. One of another name is not asked about, which policies would deny."""
    ours = (f":secret:{beginning}{aws.owner.environment}/" for beginning in ("/mainstay/", "AmazonMSK_"))
    if not any(one in arn for one in ours):
        return True
    reply = aws.find("secretsmanager", "describe_secret", SecretId=arn)
    return reply is not None and not reply.get("DeletedDate")


def _never(_aws: Aws, _arn: str) -> bool:
    """RDS copies the tags of an instance to its snapshots and automated backups, which outlive it on purpose (RDS User Guide, "Copying tags
    to DB instance snapshots"). No component owns them.
    """
    return False


REMNANTS = (
    Remnant(re.compile(r"^arn:[^:]*:ec2:.*:natgateway/"), _gateway),
    Remnant(re.compile(r"^arn:[^:]*:kms:"), _key),
    Remnant(re.compile(r"^arn:[^:]*:rds:[^:]*:[^:]*:(snapshot|auto-backup):"), _never),
    Remnant(re.compile(r"^arn:[^:]*:secretsmanager:"), _secret),
)
