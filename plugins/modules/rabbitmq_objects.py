#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rabbitmq_objects
version_added: 0.1.0
short_description: Bring virtual hosts, queues, users, and permissions in a broker of RabbitMQ to a described state
description:
  - Amazon MQ's own API knows only the first administrator of a broker of RabbitMQ. This module makes everything else through RabbitMQ's
    management API, with the same plan, diff, consent, run lock, and summary as AWS resources.
  - Run it on a host that reaches the broker on port 443. A broker whose address is not known yet counts as empty. In check mode, everything
    is then planned as an addition, without a connection.
  - Planning reads three lists, and the queues of each described virtual host. Check mode writes nothing.
  - What the component owns has a tag, C(mainstay.<environment>.<component>). Virtual hosts and users without it are never changed or
    deleted. Existing ones can be adopted with O(adopt), as V(vhost/shop) and V(user/worker).
  - Queues are created if they are missing. A queue that exists with another type or other arguments is refused, because RabbitMQ cannot
    change them. Applications declare queues too, so a queue that is no longer described stays; it goes with its virtual host.
  - The management API receives the hash of a password and never the password. A user whose password is not that of its secret gets it
    back. No password appears in a result, an error, or a log.
  - A new password of the administrator or of a user is the version AWSPENDING of its secret until this module has set it, and then
    AWSCURRENT.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  name:
    description: The name of the broker in addresses, such as V(jobs) in C(rabbitmq_user.jobs/worker).
    type: str
    required: true
  endpoint:
    description: Where the management API is.
    type: dict
    required: true
    suboptions:
      url:
        description: The console URL of the broker, as M(mainstay.aws.messaging) returns it.
        type: str
      ca:
        description: The path of the certificates with which the broker's own is verified. Empty for those that the host trusts.
        type: str
        default: ''
  administrator:
    description: The first administrator, with which the module logs in.
    type: dict
    required: true
    suboptions:
      username:
        description: Its name.
        type: str
        required: true
      secret_arn:
        description: The ARN of its secret.
        type: str
  version:
    description: The version of RabbitMQ that is described, such as V(4.2). It decides which arguments a queue may have.
    type: str
    default: ''
  vhosts:
    description:
      - Virtual hosts by name. The default one, V(/), exists already and is left alone.
      - C(description) and C(default_queue_type), V(quorum) by default or V(classic), are those of RabbitMQ.
      - >-
        C(queues) are durable queues by name, each with C(type), V(quorum) by default or V(classic), and C(arguments), such as
        V({x-delivery-limit: 5}).
      - Deleting a virtual host deletes its queues and messages, so consent must name C(rabbitmq_vhost).
    type: dict
    default: {}
  users:
    description:
      - Users by name, each with a password from its secret in O(user_secrets).
      - >-
        C(permissions) maps virtual hosts to V(read), V(write), V(owner), or patterns of names such as
        V({configure: '', write: 'orders', read: '.*'}). Other permissions are removed.
      - C(tags) are those of RabbitMQ, such as V(monitoring). C(rotation) is ignored here; M(mainstay.aws.messaging) uses it.
    type: dict
    default: {}
  user_secrets:
    description: The ARN of the secret of each user, as M(mainstay.aws.messaging) returns it.
    type: dict
    default: {}
  secrets:
    description:
      - The values of secrets by ARN, if this host may not read them itself. A new password that waits to be set is not among them, so a
        rotation needs a host that may read the secrets.
    type: dict
    default: {}
extends_documentation_fragment:
  - mainstay.aws.component
  - mainstay.aws.component.change
  - mainstay.aws.component.patience
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Returns the plan without changing anything.
    support: full
  diff_mode:
    description: Returns one entry for each object that changes, with its values before and after.
    support: full
seealso:
  - module: mainstay.aws.messaging
"""

EXAMPLES = r"""
- name: Create a virtual host with a queue, and a user for an application
  mainstay.aws.rabbitmq_objects:
    environment: prod
    component: queues
    region: af-south-1
    name: jobs
    endpoint:
      url: https://b-1234a5b6-78cd-901e-2fgh-3i45j6k178l9.mq.af-south-1.on.aws
    administrator:
      username: administrator
      secret_arn: arn:aws:secretsmanager:af-south-1:123456789012:secret:/mainstay/prod/queues/jobs/administrator-AbCdEf
    vhosts:
      shop:
        queues:
          orders: {arguments: {x-delivery-limit: 5}}
    users:
      worker: {permissions: {shop: write}}
    user_secrets:
      worker: arn:aws:secretsmanager:af-south-1:123456789012:secret:/mainstay/prod/queues/jobs/user-worker-AbCdEf
"""

RETURN = r"""
outputs:
  description: What the broker contains. The keys are the same in check mode.
  returned: always
  type: dict
  contains:
    vhosts:
      description: The described virtual hosts by name.
      type: dict
      returned: always
      sample: {shop: {queues: [orders]}}
    users:
      description: The described users by name, each with the ARN of its secret.
      type: dict
      returned: always
      sample: {worker: {secret_arn: "arn:aws:secretsmanager:af-south-1:123456789012:secret:/mainstay/prod/queues/jobs/user-worker-AbCdEf"}}
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
    - C(api_calls) counts calls to AWS and to the broker.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 2, update: 0, replace: 0, delete: 0, unchanged: 1}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.broker_content.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.broker_content.spec import argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
