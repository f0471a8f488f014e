#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_repositories_info
version_added: 0.1.0
short_description: Read the outputs of repositories for container images from AWS
description:
  - Returns the same outputs as M(mainstay.aws.ecr_repositories), and changes nothing.
  - With O(repositories) the outputs are those of a plan of M(mainstay.aws.ecr_repositories). Only described resources are published,
    regardless of what else carries the component's tags. Two resources that claim the same address are an error.
  - Without O(repositories) everything that carries the tags of the component is published.
  - With this module, a component that needs a repository can run on its own, with C(--limit), with C(--tags), or as a separate job.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  repositories:
    description:
      - Repositories as M(mainstay.aws.ecr_repositories) takes them.
    type: dict
  deployed:
    description:
      - Whether to read which images are deployed, for RV(protected). This lists the tags of every repository.
    type: bool
    default: false
  adopt:
    description:
      - As in M(mainstay.aws.ecr_repositories), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
  moved:
    description:
      - As in M(mainstay.aws.ecr_repositories), for resources that have not been applied since. Nothing is marked.
    type: dict
    default: {}
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.ecr_repositories
"""

EXAMPLES = r"""
- name: Find the repositories of an environment
  mainstay.aws.ecr_repositories_info:
    environment: prod
    component: registry
    region: af-south-1
  register: found

- name: Show what references to images of the API begin with
  ansible.builtin.debug:
    msg: "{{ found.outputs.repositories.api.uri }}"
"""

RETURN = r"""
outputs:
  description:
    - The outputs of M(mainstay.aws.ecr_repositories), in the same format. If there is no repository, RV(outputs.repositories) is empty.
  returned: always
  type: dict
  contains:
    repositories:
      description: The repositories by name.
      type: dict
      returned: always
      sample:
        api:
          name: prod-registry/api
          uri: 123456789012.dkr.ecr.af-south-1.amazonaws.com/prod-registry/api
    key_arn:
      description: The key that encrypts the images, if it is the component's own.
      type: str
      returned: always
      sample: arn:aws:kms:af-south-1:123456789012:key/12345678-1234-1234-1234-123456789012
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
  description: Addresses of existing resources. With O(repositories), only of described ones.
  returned: always
  type: list
  elements: str
  sample: [ecr_repository.api, kms_key.images]
protected:
  description:
    - With O(deployed), one sentence for each repository with the component's tags that cannot be deleted, because another environment
      deployed images of it.
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

from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.domain import SERVICES, read_found
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.spec import info_argument_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    read_found(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
