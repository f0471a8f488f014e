# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How RDS and ElastiCache tag, by ARN, and how they keep names."""

from __future__ import annotations

from dataclasses import replace

from ..aws.named_kind import Tagging

DESCRIBED_TAGS = Tagging(tag="add_tags_to_resource", untag="remove_tags_from_resource", key="ResourceName", of="arn", create_tags="TagList")
"""For resources whose description has their tags."""

READ_TAGS = replace(DESCRIBED_TAGS, read="list_tags_for_resource")
"""For resources whose tags take a call of their own."""


def lower(value: str) -> str:
    """Both keep names in lower case."""
    return str(value).lower()
