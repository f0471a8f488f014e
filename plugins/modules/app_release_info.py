#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: app_release_info
version_added: 0.1.0
short_description: Read the history of an application's releases from Kubernetes
description:
  - Returns the releases that M(mainstay.aws.app_release) and M(mainstay.aws.app_rollback) recorded, the newest first, and changes nothing.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.application
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.app_release
  - module: mainstay.aws.app_rollback
"""

EXAMPLES = r"""
- name: Read the releases of an application
  mainstay.aws.app_release_info:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    namespace: shop
  register: history

- name: Show them
  ansible.builtin.debug:
    msg: "{{ history.releases | map(attribute='version') }}"
"""

RETURN = r"""
releases:
  description: The releases, the newest first.
  returned: always
  type: list
  elements: dict
  contains:
    number:
      description: Number of the record. It grows by one with every release.
      type: int
      returned: always
      sample: 12
    id:
      description: Hash of the content of the release.
      type: str
      returned: always
      sample: 3f9c1e2b7a
    version:
      description: The version of the release.
      type: str
      returned: always
      sample: 1.4.2
    commit:
      description: The commit that the release was built from.
      type: str
      returned: always
      sample: 8d3f1c0
    status:
      description:
        - V(started), V(migrated), and V(applied) are how far an unfinished deployment has come. V(verified) and V(failed) are how it ended.
          V(rolled_back) was verified before a rollback returned to an earlier release.
      type: str
      returned: always
      sample: verified
    reason:
      description: Why the release failed, or where a rollback came from.
      type: str
      returned: always
      sample: ""
    by:
      description: The identity that deployed it.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:role/deploy
    images:
      description: The images, as people call them, mapped to what runs.
      type: dict
      returned: always
      sample: {"api:1.4.2": "123456789012.dkr.ecr.af-south-1.amazonaws.com/api@sha256:0123"}
    migration:
      description: The migration that ran for the release, with its last log lines; null if there was none.
      type: dict
      returned: always
      sample: {job: shop-migrate-0a1b2c3d4e, finished: "2026-11-30T09:00:00Z", seconds: 12.0}
    gate:
      description: The verdict of the snapshot gate, and its snapshots.
      type: dict
      returned: always
      sample: {verdict: passed, deployment: shop 1.4.2, snapshots: [prod-main-shop-1-4-2]}
    workloads:
      description: What a verification of the release watches, for O(mainstay.aws.k8s_rollout_verify#module:workloads).
      type: list
      elements: dict
      returned: always
      sample: [{kind: Deployment, namespace: shop, name: api}]
    verdicts:
      description: What the verification found.
      type: list
      elements: dict
      returned: always
      sample: [{verdict: success, reason: complete}]
    times:
      description: When each phase ended.
      type: dict
      returned: always
      sample: {started: "2026-11-30T08:59:00Z", verified: "2026-11-30T09:01:00Z"}
    recorded:
      description: What else was kept with the release.
      type: dict
      returned: always
      sample: {}
current:
  description: The last verified release, in the same format; null if there is none.
  returned: always
  type: dict
  sample: {number: 12, version: 1.4.2, status: verified}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.options import MUTUALLY_EXCLUSIVE, REQUIRED_ONE_OF
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls.info import run
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls.options import info_spec as argument_spec
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls.release import SERVICES

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
