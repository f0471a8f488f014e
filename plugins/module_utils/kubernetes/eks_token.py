# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tokens with which one logs in to an EKS cluster, as `aws eks get-token` makes them.

A token is a presigned GetCallerIdentity request in which the cluster's name is signed too. The cluster sends the request to STS and learns
who made it; nothing secret leaves the machine. It is good for fifteen minutes from the time in it, whatever its X-Amz-Expires says.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

try:
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
except ImportError:
    pass  # AnsibleAWSModule says what is missing

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
URL_SECONDS = 60
# A minute less than it is good for, so that none goes bad on its way.
TOKEN_LIFETIME = timedelta(minutes=14)


@dataclass(frozen=True)
class Token:
    """`token` goes behind "Authorization: Bearer"; after `expires` another one has to be made."""

    token: str
    expires: datetime

    def exec_credential(self) -> dict[str, Any]:
        """What a command named under `exec` in a kubeconfig prints."""
        expires = self.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
        status = {"expirationTimestamp": expires, "token": self.token}
        return {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1", "spec": {}, "status": status}


def make_token(credentials: Any, cluster_name: str, region: str, sts_endpoint: str) -> Token:
    """A token for the cluster of that name.

    `credentials` are botocore's (access_key, secret_key, token), `sts_endpoint` is where STS is asked about them: the regional endpoint,
    `client("sts").meta.endpoint_url`.
    """
    url = f"{sts_endpoint.rstrip('/')}/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest(method="GET", url=url, headers={CLUSTER_HEADER: cluster_name})
    SigV4QueryAuth(credentials, "sts", region, expires=URL_SECONDS).add_auth(request)
    encoded = base64.urlsafe_b64encode(str(request.url).encode()).decode().rstrip("=")
    return Token(PREFIX + encoded, datetime.now(UTC) + TOKEN_LIFETIME)
