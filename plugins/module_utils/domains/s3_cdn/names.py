# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an inventory names, for policies. Pure functions."""

from __future__ import annotations

from typing import Any

from ...aws.grants import Names
from ...component.parts import Context
from ...inputs.problems import Problems
from .kinds.cloudfront import HOME
from .settings.buckets import read_buckets


def names(buckets: Any, environment: str, component: str) -> Names:
    """The buckets, and the further regions. Those in the account's namespace have a suffix, which a pattern covers.

    Distributions and what belongs to them are looked for in CloudFront's region in any case: the last one may just have been removed.
    """
    found = read_buckets(buckets, "buckets", Context(environment, component), Problems())
    named = [f"{one.aws_name}-*-an" if one.namespace == "account" else one.aws_name for one in found.values()]
    regions = {HOME, *(one.region for one in found.values() if one.region)}
    return Names(buckets=tuple(sorted(set(named))), regions=tuple(sorted(regions)))
