#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: messaging_info
version_added: 0.1.0
short_description: Read the outputs of queues, brokers, and streams from AWS
description:
  - Returns the same outputs as M(mainstay.aws.messaging), and changes nothing.
  - With O(queues), O(brokers), or O(streams) the outputs are those of a plan of M(mainstay.aws.messaging). Only described resources are
    published, regardless of what else carries the component's tags. Two resources that claim the same address are an error.
  - Without a description everything that carries the tags of the component is published.
  - With this module, a component that needs a queue can run on its own, with C(--limit), with C(--tags), or as a separate job.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  queues:
    description:
      - Queues as M(mainstay.aws.messaging) takes them.
    type: dict
  brokers:
    description:
      - Brokers as M(mainstay.aws.messaging) takes them.
    type: dict
  streams:
    description:
      - Streams as M(mainstay.aws.messaging) takes them.
    type: dict
  network:
    description:
      - As in M(mainstay.aws.messaging).
    type: dict
    default: {}
  adopt:
    description:
      - As in M(mainstay.aws.messaging), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
  moved:
    description:
      - As in M(mainstay.aws.messaging), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.messaging
"""

EXAMPLES = r"""
- name: Find the queues of an environment
  mainstay.aws.messaging_info:
    environment: prod
    component: queues
    region: af-south-1
  register: found

- name: Show where producers send to
  ansible.builtin.debug:
    msg: "{{ found.outputs.queues.email.url }}"
"""

RETURN = r"""
outputs:
  description:
    - The outputs of M(mainstay.aws.messaging), in the same format. If there is no queue, RV(outputs.queues) is empty.
  returned: always
  type: dict
  contains:
    queues:
      description: The queues by name.
      type: dict
      returned: always
      sample:
        email:
          name: prod-email
          url: https://sqs.af-south-1.amazonaws.com/123456789012/prod-email
    brokers:
      description: The brokers by name.
      type: dict
      returned: always
      sample: {}
    streams:
      description: The streams by name.
      type: dict
      returned: always
      sample: {}
    deferred:
      description: Addresses of resources that exist but are not ready yet.
      type: list
      elements: str
      returned: always
      sample: []
missing:
  description: Described addresses of resources that do not exist. Their values read C((known after apply)) in the outputs.
  returned: always
  type: list
  elements: str
  sample: []
found:
  description: Addresses of existing resources. With a description, only of described ones.
  returned: always
  type: list
  elements: str
  sample: [message_queue.email, message_queue.email/dead-letter]
target:
  description: Where the resources were found, as endpoint (null for AWS itself), region, account_id, and caller.
  returned: always
  type: dict
  sample: {endpoint: null, region: af-south-1, account_id: "123456789012", caller: "arn:aws:iam::123456789012:user/anna"}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.domain import SERVICES, read_found
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.spec import info_argument_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    read_found(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
