# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names and principals of AWS services, which differ between partitions (commercial AWS, China, GovCloud)."""

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
"""Interface endpoints whose service name starts with cn. in China. Other service names are the same everywhere."""


def service_name(service: str, sort: str, region: str, partition: str) -> str:
    """The name of an endpoint service. ``service`` is a short name (ecr.api) or a full name, which is returned unchanged."""
    if ".amazonaws." in f".{service}.":
        return service
    prefix = "cn.com.amazonaws" if partition == "aws-cn" and sort == "Interface" and service in CHINA_PREFIXED else "com.amazonaws"
    return f"{prefix}.{region}.{service}"
