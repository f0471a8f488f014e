# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The parts of the domain, in the order in which a person reads a plan. A further part is one more entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...component import parts
from ...component.parts import Context, Described
from .part import S3CdnPart
from .part_buckets import Buckets
from .part_distributions import Distributions
from .part_origin_secrets import OriginSecrets
from .part_web_acls import WebAclsPart

PARTS: tuple[type[S3CdnPart], ...] = (Buckets, Distributions, WebAclsPart, OriginSecrets)


def validate(given: Mapping[str, Any], context: Context) -> tuple[Described, list[str]]:
    """(the settings, every problem with them): what can be rejected before the first call."""
    return parts.validate(PARTS, given, context)
