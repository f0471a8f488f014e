# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Access to an EKS cluster: the endpoint from the AWS API, tokens from the AWS credentials."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..reconcile.errors import CallFailed
from .access import Access, Token
from .eks_token import make_token
from .problems import BadAccess


def eks_access(make: Callable[[str], Any], name: str, region: str | None) -> Access:
    """``make``: creates a boto3 client for a service. Tokens expire after fifteen minutes, so a long wait renews them."""
    if not region:
        raise BadAccess("region is not set: set the region option or AWS_REGION to the region of the cluster in eks_cluster")
    cluster = _describe(make, name, region)
    if cluster.get("status") not in ("ACTIVE", "UPDATING"):
        raise BadAccess(f"EKS cluster {name} is {cluster.get('status')}; it has to be ACTIVE")
    authority = base64.b64decode(cluster["certificateAuthority"]["data"]).decode()
    return Access(str(cluster["endpoint"]), authority, token=eks_token(make, name, region))


def eks_token(make: Callable[[str], Any], name: str, region: str) -> Token:
    """Create tokens for a cluster from the credentials of the clients that ``make`` creates."""
    sts = make("sts")

    def token() -> tuple[str, datetime | None]:
        # Fetch the credentials every time: role credentials are renewed too.
        credentials = sts._request_signer._credentials
        if credentials is None:
            raise BadAccess("there are no AWS credentials to create a token with")
        made = make_token(credentials.get_frozen_credentials(), name, region, sts.meta.endpoint_url)
        return made.token, made.expires

    return Token(token)


def _describe(make: Callable[[str], Any], name: str, region: str) -> dict[str, Any]:
    try:
        return dict(make("eks").describe_cluster(name=name)["cluster"])
    except CallFailed as error:
        raise BadAccess(str(error)) from error
    except Exception as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code") or type(error).__name__
        if code == "ResourceNotFoundException":
            raise BadAccess(f"there is no EKS cluster {name} in {region}") from error
        raise BadAccess(f"EKS cluster {name} cannot be described: {code}: {error}") from error
