# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tokens for logging in to an EKS cluster, in the format of `aws eks get-token`.

A token is a presigned GetCallerIdentity request that also signs the cluster's name. The cluster sends the request to STS and learns
who signed it, so no secret leaves the machine. A token is valid for fifteen minutes from its timestamp, whatever its X-Amz-Expires says.
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
    pass  # AnsibleAWSModule reports missing packages

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
URL_SECONDS = 60
# One minute less than the real lifetime, so that no token expires in transit.
TOKEN_LIFETIME = timedelta(minutes=14)


@dataclass(frozen=True)
class Token:
    """`token` follows "Authorization: Bearer". Create a new one after `expires`."""

    token: str
    expires: datetime

    def exec_credential(self) -> dict[str, Any]:
        """The output that a kubeconfig expects from a command under `exec`."""
        expires = self.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
        status = {"expirationTimestamp": expires, "token": self.token}
        return {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1", "spec": {}, "status": status}


def make_token(credentials: Any, cluster_name: str, region: str, sts_endpoint: str) -> Token:
    """Create a token for the named cluster.

    `credentials` are botocore's (access_key, secret_key, token). `sts_endpoint` is the STS endpoint that checks them: the regional one,
    `client("sts").meta.endpoint_url`.
    """
    url = f"{sts_endpoint.rstrip('/')}/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest(method="GET", url=url, headers={CLUSTER_HEADER: cluster_name})
    SigV4QueryAuth(credentials, "sts", region, expires=URL_SECONDS).add_auth(request)
    encoded = base64.urlsafe_b64encode(str(request.url).encode()).decode().rstrip("=")
    return Token(PREFIX + encoded, datetime.now(UTC) + TOKEN_LIFETIME)
