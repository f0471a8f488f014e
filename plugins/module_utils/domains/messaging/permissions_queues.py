# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions of queues can be scoped (Service Authorization Reference, Amazon SQS)."""

from __future__ import annotations

from ...aws.grants import (
    REGIONAL,
    Grant,
    Permissions,
    arn,
    each,
    keeps_mark,
    marked,
    not_others,
    request_marked,
)

ANY = Grant((arn("sqs", "*"),))
OWN = Grant(ANY.resources, (marked,))

QUEUES = Permissions(
    reads={
        # The holder of a wanted name is read to find its owner.
        **each("sqs", "GetQueueAttributes GetQueueUrl ListQueueTags", ANY),
        "tag:GetResources": (REGIONAL,),
    },
    writes={
        "sqs:CreateQueue": (Grant(ANY.resources, (request_marked,)),),
        **each("sqs", "DeleteQueue SetQueueAttributes UntagQueue", OWN),
        # Also checked as part of CreateQueue, when the queue has no tags yet.
        "sqs:TagQueue": (Grant(ANY.resources, (marked, keeps_mark)), Grant(ANY.resources, (request_marked, not_others))),
    },
    together={"sqs:CreateQueue": ("sqs:TagQueue",)},
)
