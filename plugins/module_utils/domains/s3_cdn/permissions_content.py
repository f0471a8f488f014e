# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions for the content of sites can be scoped. The role uploads it with the module s3_content."""

from __future__ import annotations

from ...aws.grants import Grant, Permissions, each
from ...content_sync.record import NAME as RECORD
from ...kinds.permissions import OWN_KEY
from .permissions_buckets import CONTENT
from .permissions_distributions import OWN

RECORDS = Grant(tuple(f"{resource}{RECORD}" for resource in CONTENT.resources))
"""The records of what was uploaded, in any folder of the bucket. Nothing else is read."""

SITES = Permissions(
    # S3 asks KMS on behalf of the caller where the bucket has a key.
    reads={"s3:GetObject": (RECORDS,), "kms:Decrypt": (OWN_KEY,)},
    writes={
        "s3:PutObject": (CONTENT,),
        "kms:GenerateDataKey": (OWN_KEY,),
        **each("cloudfront", "CreateInvalidation GetInvalidation", OWN),
    },
    together={"s3:GetObject": ("kms:Decrypt",), "s3:PutObject": ("kms:GenerateDataKey",)},
)
