# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The quotas that certificates consume. Codes and defaults come from AWS Service Quotas.

Those of Route 53 are not checked: Service Quotas knows them in us-east-1 only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....aws.quotas import REGION, Count, Size
from .usage import issued_by_amazon


def _certificates(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(issued_by_amazon(aws))}


def _length(_before: Any, after: Any) -> int:
    return len(after or ())


CERTIFICATES = Count("acm", "L-F141DD1D", "ACM certificates", 2500, _certificates)
NAMES = Size("acm", "L-FB94F0B0", "domain names of an ACM certificate", 10, "subject_alternative_names", _length)
