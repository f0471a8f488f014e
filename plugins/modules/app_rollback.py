#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: app_rollback
version_added: 0.1.0
short_description: Return an application in Kubernetes to an earlier release
description:
  - Restores a release that M(mainstay.aws.app_release) verified, by the same server-side apply of its recorded objects, and verifies it.
  - The number of replicas stays as it is. What only newer releases run or expose is deleted.
  - Migrations and the data of Secrets are not undone, and objects outside the namespace of the application are not touched. The result
    says what stays.
  - If an image, ConfigMap, or Secret that the release needs no longer exists, the module fails without changing anything.
  - The restored release becomes the newest one in the history. Those that it replaces are marked, so that another rollback does not return
    to them by itself.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  to:
    description:
      - The release to return to. V(previous) is the last verified one before the current one. Otherwise the id or the version of a release
        that was verified.
    type: str
    default: previous
  reason:
    description:
      - The reason for the rollback, which is recorded.
    type: str
    default: ""
extends_documentation_fragment:
  - mainstay.aws.application
  - mainstay.aws.application.change
  - mainstay.aws.application.modes
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Returns the plan of a server-side dry run without changing anything.
    support: full
  diff_mode:
    description: Returns one entry for each object that changes, with its values before and after.
    support: full
seealso:
  - module: mainstay.aws.app_release
  - module: mainstay.aws.app_release_info
"""

EXAMPLES = r"""
- name: Return to the last verified release before the current one
  mainstay.aws.app_rollback:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    namespace: shop
    reason: Orders are charged twice

- name: Return to a certain version
  mainstay.aws.app_rollback:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    namespace: shop
    to: 1.3.0
"""

RETURN = r"""
release:
  description: The restored release as its new record keeps it, without its objects.
  returned: always
  type: dict
  sample: {id: 91b0c4d2e8, number: 13, version: 1.4.1, status: verified}
previous:
  description: The release that was current before, in the same format.
  returned: always
  type: dict
  sample: {id: 3f9c1e2b7a, number: 12, version: 1.4.2, status: verified}
not_undone:
  description: What going back did not undo, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["The migration shop-migrate-0a1b2c3d4e was run; going back does not undo it."]
verdicts:
  description: The results of the verification, in the format of M(mainstay.aws.k8s_rollout_verify).
  returned: always
  type: list
  elements: dict
  sample: [{verdict: success, reason: complete}]
pruned:
  description: Addresses of the objects that were deleted because only newer releases have them.
  returned: always
  type: list
  elements: str
  sample: [kubernetes_object.Deployment/shop/worker]
plan:
  description:
    - The actions that were or would be taken, for people and programs, in the format that M(mainstay.aws.vpc_network) returns. The
      callback P(mainstay.aws.plan_summary#callback) prints it.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 0, update: 1, replace: 0, delete: 0, unchanged: 8}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.options import MUTUALLY_EXCLUSIVE, REQUIRED_ONE_OF
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls.options import rollback_spec as argument_spec
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls.release import SERVICES
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls.rollback import run

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
