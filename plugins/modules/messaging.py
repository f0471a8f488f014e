#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: messaging
version_added: 0.1.0
short_description: Create, change and remove SQS queues with everything they need
description:
  - Brings the queues of one component to the described state in one call, with their dead-letter queues, policies, and key.
  - Nothing is stored outside AWS. The component's resources are found by their tags C(mainstay:environment), C(mainstay:component), and
    C(mainstay:address), and by the names of the described ones.
  - A call first reads everything, then computes a plan, then applies it with as much parallelism as the dependencies allow. In check mode
    it stops after the plan, which is complete even for an empty account.
  - Replacements and deletions require consent in O(allow_replace) and O(purge), which must name C(message_queue), since queues hold
    messages. The plan shows which actions lack it, and how many messages would be deleted.
  - To finish a call that was interrupted at any point, run it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  queues:
    description:
      - The SQS queues, by name. A queue that is no longer listed is deleted, given consent in O(purge).
      - C(name) is the name in AWS. It defaults to O(environment), a hyphen, and the name used here, followed by C(.fifo) for FIFO queues.
      - C(fifo) (V(false)) makes a FIFO queue, which can have C(content_based_deduplication) and C(high_throughput). To change the type is
        to replace the queue.
      - C(delay_seconds), C(max_message_bytes), C(receive_wait_seconds), C(retention_seconds), and C(visibility_timeout_seconds) keep the
        value that the queue has in AWS unless they are given. Shorter retention requires consent in O(allow_message_loss).
      - C(encryption) is V(sqs), the default (SQS's own keys), V(kms), or V(none). C(kms_key) is V(component) (the component's own key, the
        default), V(aws) (C(alias/aws/sqs)), or the ARN of a key. C(key_reuse_seconds) is how long SQS reuses a data key.
      - C(senders) may send besides the account's own identities, each type a list. C(topics) are ARNs of SNS topics, C(buckets) names of S3
        buckets, C(rules) ARNs of EventBridge rules, and C(accounts) IDs of accounts.
      - C(dead_letter) is V(true), the default, for a dead-letter queue of its own; V(false); or a mapping with C(max_receive_count) (V(5)),
        C(retention_seconds) (14 days), and C(queue), the name of another queue described here to be used instead.
      - C(tags) are added to the queue and its dead-letter queue.
      - All settings are checked before the first change, and all problems are reported at once.
    type: dict
  allow_message_loss:
    description:
      - Names of queues whose retention this call may shorten, which deletes older messages; V(*) means all.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - mainstay.aws.component
  - mainstay.aws.component.change
  - mainstay.aws.component.patience
  - mainstay.aws.component.apply
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Returns the plan without changing anything.
    support: full
  diff_mode:
    description: Returns one entry for each resource that changes, with its properties before and after.
    support: full
seealso:
  - module: mainstay.aws.messaging_info
"""

EXAMPLES = r"""
- name: Create a queue for e-mail and a FIFO queue for orders, each with a dead-letter queue
  mainstay.aws.messaging:
    environment: prod
    component: queues
    region: af-south-1
    queues:
      email:
        visibility_timeout_seconds: 120
        senders:
          topics: ["arn:aws:sns:af-south-1:123456789012:notifications"]
      orders:
        fifo: true
        encryption: kms
        dead_letter: {max_receive_count: 3}
"""

RETURN = r"""
outputs:
  description:
    - The values that other components need. The keys are the same in check mode; values known only after an apply read
      C((known after apply)).
  returned: always
  type: dict
  contains:
    queues:
      description: The queues by name. C(dead_letter_name) is null for a queue without one.
      type: dict
      returned: always
      sample:
        orders:
          name: prod-orders.fifo
          url: https://sqs.af-south-1.amazonaws.com/123456789012/prod-orders.fifo
          arn: arn:aws:sqs:af-south-1:123456789012:prod-orders.fifo
          dead_letter_name: prod-orders-dead-letter.fifo
          fifo: true
    deferred:
      description: Resources that were started but not waited for, and those that depend on them. Empty unless O(defer) is set; see there.
      type: list
      elements: str
      returned: always
      sample: []
plan:
  description:
    - The actions that were or would be taken, for people and programs, in the format that M(mainstay.aws.vpc_network) returns. The
      callback P(mainstay.aws.plan_summary#callback) prints it.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 2, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.spec import REQUIRED_IF, argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True, required_if=REQUIRED_IF))


if __name__ == "__main__":
    main()
