#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticache_redis_info
version_added: 0.1.0
short_description: Read the outputs of caches from AWS
description:
  - Returns the same outputs as M(mainstay.aws.elasticache_redis), and changes nothing.
  - With O(caches) the outputs are those of a plan of M(mainstay.aws.elasticache_redis). Only described resources are published, regardless
    of what else carries the component's tags. Two resources that claim the same address are an error.
  - Without O(caches) everything that carries the tags of the component is published.
  - With this module, a component that needs a cache can run on its own, with C(--limit), with C(--tags), or as a separate job.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  caches:
    description:
      - Caches as M(mainstay.aws.elasticache_redis) takes them.
    type: dict
  network:
    description:
      - As in M(mainstay.aws.elasticache_redis).
    type: dict
    default: {}
  adopt:
    description:
      - As in M(mainstay.aws.elasticache_redis), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
  moved:
    description:
      - As in M(mainstay.aws.elasticache_redis), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.elasticache_redis
"""

EXAMPLES = r"""
- name: Find the caches of an environment
  mainstay.aws.elasticache_redis_info:
    environment: prod
    component: cache
    region: af-south-1
  register: found

- name: Show where clients connect
  ansible.builtin.debug:
    msg: "{{ found.outputs.caches.main.host }}"
"""

RETURN = r"""
outputs:
  description:
    - The outputs of M(mainstay.aws.elasticache_redis), in the same format. If there is no cache, RV(outputs.caches) is empty.
  returned: always
  type: dict
  contains:
    caches:
      description: The caches by name.
      type: dict
      returned: always
      sample:
        main:
          identifier: prod-main
          host: master.prod-main.abcdef.afs1.cache.amazonaws.com
          port: 6379
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
  description: Addresses of existing resources. With O(caches), only of described ones.
  returned: always
  type: list
  elements: str
  sample: [cache_subnet_group.main, replication_group.main]
target:
  description: Where the resources were found, as endpoint (null for AWS itself), region, account_id, and caller.
  returned: always
  type: dict
  sample: {endpoint: null, region: af-south-1, account_id: "123456789012", caller: "arn:aws:iam::123456789012:user/anna"}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.domain import SERVICES, read_found
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.spec import info_argument_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    read_found(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
