#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: app_release_needs_info
version_added: 0.1.0
short_description: Find the digests of a release's images, and whether its migration still has to run
description:
  - Resolves the images of an application's manifests in Amazon ECR, and checks that they run on the nodes of the cluster. Of an image with
    several platforms, the digest is that of its index.
  - Reads the records of the application's releases in the cluster, and returns whether the migration of this release has run.
  - A cluster that does not exist yet has no nodes and no records. In check mode, images that are missing are warnings. Otherwise they are
    errors.
  - Changes nothing.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  cluster:
    description:
      - Name of the EKS cluster in AWS.
    type: str
  kubeconfig:
    description:
      - Path of a kubeconfig to use instead of O(cluster).
    type: path
  context:
    description:
      - The context of the kubeconfig. Defaults to the current one.
    type: str
  namespace:
    description:
      - The namespace of the application, which holds its records.
    type: str
    required: true
  objects:
    description:
      - The manifests of the application, with its images as references.
    type: list
    elements: dict
    default: []
  migration:
    description:
      - The manifest of the Job that runs before the workloads, if there is one.
    type: dict
  databases:
    description:
      - The identifiers of the databases for the snapshot gate. They are returned unchanged.
    type: list
    elements: str
    default: []
  node_architectures:
    description:
      - Architectures that nodes may have in addition to those of the nodes that exist, such as V(arm64).
    type: list
    elements: str
    default: []
  version:
    description:
      - The version of the release, which is the revision that Argo CD deploys unless O(argocd) has one.
    type: str
    default: ""
  hold:
    description:
      - Why nothing may be changed now, as in O(mainstay.aws.app_release#module:hold).
    type: str
    default: ""
extends_documentation_fragment:
  - mainstay.aws.application.modes
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.app_release
  - module: mainstay.aws.rds_snapshot_gate
"""

EXAMPLES = r"""
- name: Find what the release needs
  mainstay.aws.app_release_needs_info:
    environment: prod
    component: api
    region: af-south-1
    cluster: prod-main
    namespace: shop
    objects: "{{ shop_objects }}"
  register: needs

- name: Show what would run
  ansible.builtin.debug:
    var: needs.images
"""

RETURN = r"""
images:
  description: What runs, by reference.
  returned: always
  type: dict
  sample:
    123456789012.dkr.ecr.af-south-1.amazonaws.com/api:1.4.2: 123456789012.dkr.ecr.af-south-1.amazonaws.com/api@sha256:0f1e...
release:
  description: The ID of the release, a digest of its manifests.
  returned: always
  type: str
  sample: 3f2a9c1b7d
deployment:
  description: A name for the deployment of this release, as M(mainstay.aws.rds_snapshot_gate) takes it.
  returned: always
  type: str
  sample: api-3f2a9c1b7d
migration_pending:
  description: Whether the release has a migration that no record proves to have run.
  returned: always
  type: bool
  sample: true
databases:
  description: The databases of O(databases).
  returned: always
  type: list
  elements: str
  sample: [prod-main]
held:
  description: Whether O(hold) says that nothing may be changed. The snapshot gate then need not be asked.
  returned: always
  type: bool
  sample: false
cluster_exists:
  description: Whether the cluster exists.
  returned: always
  type: bool
  sample: true
problems:
  description: In check mode, one sentence for each image that cannot be used.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.options import MUTUALLY_EXCLUSIVE, REQUIRED_ONE_OF
from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy.needs import SERVICES, argument_spec, run

__all__ = ["SERVICES", "main"]


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=argument_spec(),
        mutually_exclusive=MUTUALLY_EXCLUSIVE,
        required_one_of=REQUIRED_ONE_OF,
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
