#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_cdn_info
version_added: 0.1.0
short_description: Read the outputs of S3 buckets and what distributes their content from AWS
description:
  - Returns the same outputs as M(mainstay.aws.s3_cdn), and changes nothing.
  - With a description, the outputs are those of a plan of M(mainstay.aws.s3_cdn). Only described resources are published, whatever
    else carries the component's tags. Two resources that claim the same address are an error.
  - Without one, everything that carries the tags of the component is published.
  - With this module, a component that needs a bucket can run on its own, with C(--limit), with C(--tags), or as a separate job.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  buckets:
    description:
      - Buckets as M(mainstay.aws.s3_cdn) takes them.
    type: dict
  distributions:
    description:
      - Distributions as M(mainstay.aws.s3_cdn) takes them.
    type: dict
  origin_headers:
    description:
      - Headers of origins as M(mainstay.aws.s3_cdn) takes them.
    type: dict
  web_acls:
    description:
      - Web ACLs as M(mainstay.aws.s3_cdn) takes them.
    type: dict
  origin_secrets:
    description:
      - Secret headers as M(mainstay.aws.s3_cdn) takes them.
    type: dict
  planned_zones:
    description:
      - As in M(mainstay.aws.s3_cdn).
    type: list
    elements: str
    default: []
  edge_mode:
    description:
      - The layout of the edge as M(mainstay.aws.s3_cdn) takes it.
    type: str
    choices: [everything, buckets]
  adopt:
    description:
      - As in M(mainstay.aws.s3_cdn), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
  moved:
    description:
      - As in M(mainstay.aws.s3_cdn), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.s3_cdn
"""

EXAMPLES = r"""
- name: Find the buckets of an environment
  mainstay.aws.s3_cdn_info:
    environment: prod
    component: storage
    region: af-south-1
  register: found

- name: Show where uploads are
  ansible.builtin.debug:
    msg: "{{ found.outputs.buckets.uploads.name }}"
"""

RETURN = r"""
outputs:
  description:
    - The outputs of M(mainstay.aws.s3_cdn), in the same format. If there is no bucket, RV(outputs.buckets) is empty.
  returned: always
  type: dict
  contains:
    buckets:
      description: The buckets by purpose.
      type: dict
      returned: always
      sample:
        uploads:
          name: prod-storage-uploads
          arn: arn:aws:s3:::prod-storage-uploads
          domain_name: prod-storage-uploads.s3.af-south-1.amazonaws.com
          region: af-south-1
    key_arns:
      description: The component's own keys, by region.
      type: dict
      returned: always
      sample: {af-south-1: "arn:aws:kms:af-south-1:123456789012:key/12345678-1234-1234-1234-123456789012"}
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
  sample: [s3_bucket.uploads, bucket_key.storage]
target:
  description: Where the resources were found, as endpoint (null for AWS itself), region, account_id, and caller.
  returned: always
  type: dict
  sample: {endpoint: null, region: af-south-1, account_id: "123456789012", caller: "arn:aws:iam::123456789012:user/anna"}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.domain import SERVICES, read_found
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.spec import info_argument_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    read_found(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
