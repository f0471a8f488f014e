# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names and principals of AWS services, which differ between partitions (ordinary AWS, China, GovCloud)."""

from __future__ import annotations

CHINA_PREFIXED = frozenset(
    {
        "application-autoscaling",
        "autoscaling",
        "backup",
        "cloudformation",
        "ebs",
        "ec2",
        "ecr.api",
        "ecr.dkr",
        "eks",
        "elasticache",
        "elasticfilesystem",
        "execute-api",
        "lambda",
        "monitoring",
        "rds",
        "securityhub",
        "sqs",
        "states",
        "sts",
        "xray",
    }
)
"""Interface endpoints whose service name begins with cn. in China; the others there are named as everywhere."""


def service_name(service: str, sort: str, region: str, partition: str) -> str:
    """The name of an endpoint service. ``service`` is short (ecr.api) or a full name, which is taken as it is."""
    if ".amazonaws." in f".{service}.":
        return service
    prefix = "cn.com.amazonaws" if partition == "aws-cn" and sort == "Interface" and service in CHINA_PREFIXED else "com.amazonaws"
    return f"{prefix}.{region}.{service}"
