# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The component's key for its buckets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.canonical import policy
from ....kinds.kms_key import KmsKey
from ....reconcile.model import later


class BucketKey(KmsKey):
    """Its policy is set after its creation, because it names the distributions that read the buckets: it needs the distribution, the
    distribution its bucket, and the bucket its key (CloudFront Developer Guide, "Restrict access to an Amazon S3 origin").

    Until then it has KMS's default policy, which leaves the decision to IAM, as ours does.
    """

    name = "bucket_key"

    policy = later(canonical=policy, document=True)

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return super().request({name: value for name, value in properties.items() if name != "policy"})
