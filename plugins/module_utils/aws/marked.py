# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the tagging API lists with the component's mark: one call for all kinds whose own list calls cannot filter by tag."""

from __future__ import annotations

from .connection import Aws

TYPES = ("events:rule", "kafka:cluster", "kms:key", "logs:log-group", "mq:broker", "mq:configuration", "s3", "secretsmanager:secret", "sqs")
"""The types of resources that are asked for, as the tagging API names them."""


def marked_arns(aws: Aws, service: str) -> list[str]:
    """The ARNs of the component's resources of a service. The tag index lags: a resource that was just created may be missing."""
    filters = [{"Key": key, "Values": [value]} for key, value in aws.owner.scope().items()]

    def ask() -> list[str]:
        found = aws.list_all(
            "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters, ResourceTypeFilters=list(TYPES)
        )
        return [str(entry["ResourceARN"]) for entry in found]

    return [arn for arn in aws.once(f"marked {sorted(aws.owner.scope().items())}", ask) if arn.split(":")[2] == service]
