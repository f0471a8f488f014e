# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which URLs are AWS's own endpoints. Pure functions.

A name under amazonaws.com is not enough: any customer's instances, load balancers, buckets, and APIs have one. A service endpoint has the
service name and the region right before the suffix, or the service name alone, and nothing that a customer chooses.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

SUFFIXES = (
    *("amazonaws.com", "api.aws", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.eu", "api.amazonwebservices.eu"),
    *("c2s.ic.gov", "api.aws.ic.gov", "sc2s.sgov.gov", "api.aws.scloud", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    *("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
)
"""For all partitions, from botocore's partitions.json."""

REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+|global|aws-global|us-gov")
SERVICE = re.compile(r"[a-z][a-z0-9-]*")
PREFIXES = ("api", "fips")
"""Labels before a service name: api.ecr, fips.eks."""
BUCKETS = ("s3",)
"""Services whose host names begin with names chosen by customers."""


def is_aws(url: str) -> bool:
    """Whether requests to this URL reach AWS and no one else, encrypted."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or port not in (None, 443) or parts.username is not None or parts.path not in ("", "/"):
        return False
    host = (parts.hostname or "").rstrip(".")
    suffix = max((one for one in SUFFIXES if host.endswith(f".{one}")), key=len, default="")
    return bool(suffix) and _is_service(host.removesuffix(f".{suffix}").split("."))


def _is_service(labels: list[str]) -> bool:
    if labels[-1] == "vpce":
        return labels[0].startswith("vpce-") and not labels[1].startswith("vpce-") and _is_regional(labels[1:-1])
    return _is_regional(labels) if len(labels) > 1 else bool(SERVICE.fullmatch(labels[0]))


def _is_regional(labels: list[str]) -> bool:
    *names, region = labels
    if not names or not REGION.fullmatch(region) or not all(SERVICE.fullmatch(name) for name in names):
        return False
    if len(names) == 2 and names[0].startswith(BUCKETS):
        return names[1] == "dualstack"
    return len(names) == 1 or (len(names) == 2 and names[0] in PREFIXES and not names[1].startswith(BUCKETS))
