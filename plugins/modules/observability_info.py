#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: observability_info
version_added: 0.1.0
short_description: Read the outputs of what watches an environment from AWS
description:
  - Returns the same outputs as M(mainstay.aws.observability), and changes nothing.
  - With a description, the outputs are those of a plan of M(mainstay.aws.observability). Only described resources are published, regardless
    of what else carries the component's tags. Two resources that claim the same address are an error.
  - Without a description everything that carries the tags of the component is published.
  - With this module, a component that needs a topic can run on its own, with C(--limit), with C(--tags), or as a separate job.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  severities:
    description:
      - As in M(mainstay.aws.observability).
    type: dict
  key_arns:
    description:
      - As in M(mainstay.aws.observability).
    type: dict
  alarms:
    description:
      - As in M(mainstay.aws.observability).
    type: dict
  heartbeat:
    description:
      - As in M(mainstay.aws.observability).
    type: raw
  dashboards:
    description:
      - As in M(mainstay.aws.observability).
    type: dict
  log_groups:
    description:
      - As in M(mainstay.aws.observability).
    type: dict
  metric_filters:
    description:
      - As in M(mainstay.aws.observability).
    type: dict
  queries:
    description:
      - As in M(mainstay.aws.observability).
    type: dict
  mute_rules:
    description:
      - As in M(mainstay.aws.observability).
    type: dict
  platform:
    description:
      - As in M(mainstay.aws.observability).
    type: dict
  adopt:
    description:
      - As in M(mainstay.aws.observability), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
  moved:
    description:
      - As in M(mainstay.aws.observability), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.observability
"""

EXAMPLES = r"""
- name: Find the topics of an environment
  mainstay.aws.observability_info:
    environment: prod
    component: watch
    region: af-south-1
  register: found

- name: Show where critical alarms lead to
  ansible.builtin.debug:
    msg: "{{ found.outputs.topics.critical.arn }}"
"""

RETURN = r"""
outputs:
  description:
    - The outputs of M(mainstay.aws.observability), in the same format. What does not exist has no entry.
  returned: always
  type: dict
  contains:
    topics:
      description: The topics by severity.
      type: dict
      returned: always
      sample: {critical: {arn: "arn:aws:sns:af-south-1:123456789012:prod-watch-critical", arns: {}}}
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
  sample: [alarm_topic.critical, metric_alarm.heartbeat]
target:
  description: Where the resources were found, as endpoint (null for AWS itself), region, account_id, and caller.
  returned: always
  type: dict
  sample: {endpoint: null, region: af-south-1, account_id: "123456789012", caller: "arn:aws:iam::123456789012:user/anna"}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.domain import SERVICES, read_found
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.spec import info_argument_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    read_found(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
