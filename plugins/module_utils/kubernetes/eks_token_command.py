# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A command that prints an EKS cluster token, for kubeconfigs on machines without the AWS CLI.

Run it as a module, with --cluster-name and --region. Credentials and the STS endpoint are resolved the usual AWS way.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from .eks_token import make_token


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Print a token for an EKS cluster in the format that kubectl expects.")
    parser.add_argument("--cluster-name", required=True, help="the name of the cluster in AWS")
    parser.add_argument("--region", required=True, help="the region of the cluster")
    given = parser.parse_args(arguments)
    import botocore.session

    session = botocore.session.Session()
    credentials = session.get_credentials()
    if credentials is None:
        sys.stderr.write("There are no AWS credentials: set AWS_PROFILE, or log in.\n")
        return 1
    endpoint = session.create_client("sts", region_name=given.region).meta.endpoint_url
    token = make_token(credentials.get_frozen_credentials(), given.cluster_name, given.region, endpoint)
    sys.stdout.write(f"{json.dumps(token.exec_credential())}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
