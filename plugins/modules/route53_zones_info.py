#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_zones_info
version_added: 0.1.0
short_description: Read the outputs of hosted zones and certificates from AWS
description:
  - Returns the same outputs as M(mainstay.aws.route53_zones), and changes nothing.
  - With O(zones) the outputs are those of a plan of M(mainstay.aws.route53_zones). Only described resources are published, regardless of
    what else carries the component's tags. Two resources that claim the same address are an error.
  - Without O(zones) everything that carries the tags of the component is published.
  - With this module, a component that needs a zone or a certificate can run on its own, with C(--limit), with C(--tags), or as a separate
    job.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  zones:
    description:
      - Zones as M(mainstay.aws.route53_zones) takes them.
    type: dict
  networks:
    description:
      - As in M(mainstay.aws.route53_zones).
    type: dict
    default: {}
  leaving:
    description:
      - Components of the environment whose records do not prevent the deletion of a zone, because they are removed before it.
    type: list
    elements: str
    default: []
  adopt:
    description:
      - As in M(mainstay.aws.route53_zones), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
  moved:
    description:
      - As in M(mainstay.aws.route53_zones), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.route53_zones
"""

EXAMPLES = r"""
- name: Find the zones of an environment
  mainstay.aws.route53_zones_info:
    environment: prod
    component: dns
    region: af-south-1
  register: found

- name: Show the certificate for load balancers
  ansible.builtin.debug:
    msg: "{{ found.outputs.zones.main.certificates.web.arn }}"
"""

RETURN = r"""
outputs:
  description:
    - The outputs of M(mainstay.aws.route53_zones), in the same format. If there is no zone, RV(outputs.zones) is empty.
  returned: always
  type: dict
  contains:
    zones:
      description: The zones by name.
      type: dict
      returned: always
      sample:
        main:
          id: Z0123456789ABCDEFGHIJ
          domain: example.com
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
  description: Addresses of existing resources. With O(zones), only of described ones.
  returned: always
  type: list
  elements: str
  sample: [certificate.main/web, hosted_zone.main]
protected:
  description:
    - One sentence for each zone with the component's tags that cannot be deleted, because it has records of others.
  returned: always
  type: list
  elements: str
  sample: []
target:
  description: Where the resources were found, as endpoint (null for AWS itself), region, account_id, and caller.
  returned: always
  type: dict
  sample: {endpoint: null, region: af-south-1, account_id: "123456789012", caller: "arn:aws:iam::123456789012:user/anna"}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.domain import SERVICES, read_found
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.spec import info_argument_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    read_found(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
