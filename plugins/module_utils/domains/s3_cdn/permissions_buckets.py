# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions for buckets can be scoped (Service Authorization Reference, Amazon S3).

Conditions on a bucket's tags count only where attribute-based access control is on for the bucket, so buckets are named.
"""

from __future__ import annotations

from ...aws.grants import REGIONAL, Grant, Permissions, arn, each, keeps_mark, request_marked
from ...kinds.permissions import ROLE

PREFIXED = arn("s3", "{environment}-{component}-*", region="", account_id="")
NAMED = arn("s3", "{bucket}", region="", account_id="")
OWN = Grant((PREFIXED, NAMED))
CONTENT = Grant((f"{PREFIXED}/*", f"{NAMED}/*"))

READS = (
    "GetBucketCORS GetBucketLogging GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock "
    "GetBucketTagging GetBucketVersioning GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration ListBucket "
    "ListBucketVersions"
)
WRITES = (
    "DeleteBucket DeleteBucketPolicy PutBucketCORS PutBucketLogging PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock "
    "PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration PutReplicationConfiguration UntagResource"
)

BUCKETS = Permissions(
    reads={
        "s3:ListAllMyBuckets": (REGIONAL,),
        "s3:GetAccountPublicAccessBlock": (REGIONAL,),
        "tag:GetResources": (REGIONAL,),
        **each("s3", READS, OWN),
    },
    writes={
        **each("s3", WRITES, OWN),
        "s3:CreateBucket": (OWN,),
        "s3:TagResource": (Grant(OWN.resources, (request_marked,)), Grant(OWN.resources, (keeps_mark,))),
        **each("s3", "DeleteObject DeleteObjectVersion", CONTENT),
        "iam:PassRole": (Grant((ROLE,)),),
    },
    together={
        # Tags and ownership in the create call are checked as actions of their own (CreateBucket).
        "s3:CreateBucket": ("s3:TagResource", "s3:PutBucketOwnershipControls"),
        "s3:DeleteObject": ("s3:DeleteObjectVersion",),
        # S3 takes on the role that replicates.
        "s3:PutReplicationConfiguration": ("iam:PassRole",),
    },
)
