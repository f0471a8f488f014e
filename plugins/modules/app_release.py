#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: app_release
version_added: 0.1.0
short_description: Deploy a release of an application to Kubernetes, or remove the application
description:
  - Deploys one release in one transaction. It prepares what pods need, runs the migration, applies everything else, verifies the rollout,
    records the release, and deletes what the release no longer needs. If anything fails, it returns to the last verified release, and the
    task fails.
  - In check mode, it returns the plan from a server-side dry run of all objects, with the difference of every object. Anything that the API
    would refuse is reported before the first change, for all objects at once. That includes unknown fields, immutable fields, quotas,
    Pod Security, and webhooks.
  - All objects are applied with server-side apply by one field manager. Objects that kubectl, Helm, or C(kubernetes.core) applied are taken
    over together with their fields. A conflict with any other manager is an error that names the manager and the field.
  - A call for the release that is already deployed and verified changes nothing. To finish a call that was killed,
    repeat it. The migration runs once for each release, which its record proves.
  - With O(state=absent), it removes the application, with its load balancers first.
  - C(docs/deploying.md) describes the transaction, every failure, and the permissions that it needs.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  state:
    description:
      - V(present) deploys the release.
      - V(absent) removes everything that carries the owner labels of the component in the namespace, what its records name elsewhere, and
        the records. Ingresses and Services of type C(LoadBalancer) are deleted first, and the module waits until their controller has
        deleted the load balancers in AWS. The namespace is deleted only if the application created it and nothing else is in it.
      - Objects that hold data stay, namely PersistentVolumeClaims, PersistentVolumes, and CustomResourceDefinitions. The result names them.
      - To finish a removal that was killed, repeat it. In check mode, the plan lists what would be deleted.
    type: str
    choices: [present, absent]
    default: present
  removal_timeout:
    description:
      - How long the load balancers, and after them the namespace, may take to be deleted, in seconds.
    type: float
    default: 600
  objects:
    description:
      - The manifests of the release. Namespaced objects must name their namespace. They receive the owner labels of the component.
      - Leave C(replicas) out of a workload that a HorizontalPodAutoscaler scales. Name ConfigMaps after their content.
      - Required with O(state=present). With O(mode=helm) and O(mode=argocd) it may be empty.
    type: list
    elements: dict
  migration:
    description:
      - The manifest of the Job that migrates the database, in the namespace of the application. It runs after the configuration, secrets,
        and rights of the release have been applied, and before everything else.
      - The release and the content of the Job become part of its name. Its C(activeDeadlineSeconds) defaults to 1800, its C(backoffLimit)
        to 0, and a C(ttlSecondsAfterFinished) is ignored.
      - It is never undone. Write migrations so that the last release works after them, too.
    type: dict
  version:
    description:
      - The version of the release, such as V(1.4.2). It is recorded.
    type: str
    default: ""
  commit:
    description:
      - The commit that the release was built from. It is recorded.
    type: str
    default: ""
  images:
    description:
      - The images of the release, as references that people use, mapped to the pinned references that the manifests contain. They are
        recorded.
    type: dict
    default: {}
  strategy:
    description:
      - How the new version replaces the old one. With V(rolling), the update strategies of the workloads decide.
      - With V(canary), the new version runs beside the old one and gets a growing share of the requests. Each step is judged by probes and
        metrics of the canary alone. The old version keeps its size until the last step is good.
      - With V(blue_green), the new version runs beside the old one at full size, is verified there, and then gets all requests at once. The
        old version is kept for a while, and switching back takes seconds.
    type: str
    choices: [rolling, canary, blue_green]
    default: rolling
  canary:
    description:
      - The settings of the strategy V(canary). C(docs/deploying.md) describes them.
      - C(steps) is a list of mappings with the share, which is C(weight) as a percentage of the requests at the Ingress or C(replicas) as a
        number of pods, and optionally with C(bake) in seconds and C(metrics).
      - C(metrics), C(probes), and C(bake) apply to steps without their own. They have the format of
        O(mainstay.aws.k8s_rollout_verify#module:metrics) and O(mainstay.aws.k8s_rollout_verify#module:probes). Every step needs metrics.
      - C(services) limits the canary to these Deployments. C(register) is how long targets without readiness gates may take, and C(drain)
        how long the canary stays after its last request, in seconds.
    type: dict
    default: {}
  blue_green:
    description:
      - The settings of the strategy V(blue_green). C(docs/deploying.md) describes them.
      - C(keep) is how long the old version stays after the switch, in seconds. It defaults to the lifetime of the target group's cookies,
        or to 300 without cookies. A later call deletes the old version.
      - C(probes), C(metrics), and C(bake) judge the new version after the switch. C(services) and C(register) are as in O(canary).
    type: dict
    default: {}
  gate:
    description:
      - The registered result of M(mainstay.aws.rds_snapshot_gate) for this release. Its tokens are checked before the first change, and
        again right before the migration.
      - Its C(deployment) must name this release, as the version, the commit, or the release id, alone or after the component and a space or
        hyphen, such as V(shop 1.4.2).
    type: dict
  gate_options:
    description:
      - Options that the gate was called with and its result does not contain, such as C(copies) with the external ID of a role.
    type: dict
    default: {}
  gate_required:
    description:
      - Whether to refuse a release without O(gate).
    type: bool
    default: false
  way_back:
    description:
      - What to do if the last verified release could not be restored, because an image, ConfigMap, or Secret that it needs no longer
        exists. V(warn) shows a warning and V(refuse) refuses the release.
    type: str
    choices: [warn, refuse]
    default: warn
  secrets_timeout:
    description:
      - How long External Secrets may take to provide the secrets of the release, in seconds.
    type: float
    default: 120
  take_over:
    description:
      - Further field managers whose fields may be taken over, besides those of kubectl, Helm, C(kubernetes.core), Terraform, and Pulumi.
    type: list
    elements: str
    default: []
  sensitive:
    description:
      - Paths whose values are never shown, in the format of O(mainstay.aws.k8s_objects#module:sensitive).
    type: list
    elements: str
    default: []
  recorded:
    description:
      - Anything else to keep with the release, such as the reason for a deployment outside the usual hours.
    type: dict
    default: {}
  hold:
    description:
      - A sentence that says why nothing may be changed now, such as that a deployment window is closed. If it is not empty, a release that
        needs a change is refused with this sentence, and a plan shows it. A release that needs no change passes.
    type: str
    default: ""
  notes:
    description:
      - Further notes that the plan shows.
    type: list
    elements: str
    default: []
  allow_replace:
    description:
      - Objects that may be deleted and created again if a change cannot be made in place, as patterns of addresses such as
        V(kubernetes_object.Deployment/shop/api). Pods of workloads keep running meanwhile. Objects that hold data are never replaced.
      - A component and a colon in front of a pattern limit it to that component.
      - If not set, the host variable C(platform_allow_replace) is used.
    type: list
    elements: str
    default: []
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
    description: Returns one entry for each object that changes, with its values before and after. Secrets are masked.
    support: full
seealso:
  - module: mainstay.aws.k8s_rollout_verify
  - module: mainstay.aws.rds_snapshot_gate
"""

EXAMPLES = r"""
- name: Deploy a release
  mainstay.aws.app_release:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    namespace: shop
    version: 1.4.2
    objects: "{{ shop_objects }}"
    verification:
      wait_timeout: 600
      probes:
        - url: https://shop.example.com/healthz
          version_header: X-Version
          version: 1.4.2

- name: Ask the snapshot gate, because the release has a migration
  mainstay.aws.rds_snapshot_gate:
    region: af-south-1
    databases: [prod-main]
    deployment: shop 1.5.0
    changes: [migration]
  register: gate

- name: Deploy a release with a migration
  mainstay.aws.app_release:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    namespace: shop
    version: 1.5.0
    objects: "{{ shop_objects }}"
    migration: "{{ shop_migration }}"
    gate: "{{ gate }}"
    gate_required: true

- name: Remove the application
  mainstay.aws.app_release:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    namespace: shop
    state: absent
"""

RETURN = r"""
release:
  description: The release as its record keeps it, without its objects. In check mode, what would be recorded.
  returned: always
  type: dict
  sample: {id: 3f9c1e2b7a, number: 12, version: 1.4.2, status: verified, by: "arn:aws:iam::123456789012:role/deploy"}
previous:
  description: The last verified release before this call, in the same format; null if there is none.
  returned: always
  type: dict
  sample: {id: 91b0c4d2e8, number: 11, version: 1.4.1, status: verified}
went_back:
  description: Whether the release failed and the last verified one was restored and verified again. The task fails in this case too.
  returned: always
  type: bool
  sample: false
not_undone:
  description: What going back did not undo, one sentence each.
  returned: always
  type: list
  elements: str
  sample: ["The migration shop-migrate-0a1b2c3d4e was run; going back does not undo it."]
verdicts:
  description: The results of the verifications, in the format of M(mainstay.aws.k8s_rollout_verify).
  returned: always
  type: list
  elements: dict
  sample: [{verdict: success, reason: complete}]
pruned:
  description: Addresses of the objects that were deleted because the release no longer has them.
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
  sample: {format: 1, counts: {create: 12, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.options import MUTUALLY_EXCLUSIVE, REQUIRED_ONE_OF
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls.options import REQUIRED_IF
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls.options import release_spec as argument_spec
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls.release import SERVICES, run

__all__ = ["SERVICES", "main"]


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=argument_spec(),
        mutually_exclusive=MUTUALLY_EXCLUSIVE,
        required_one_of=REQUIRED_ONE_OF,
        required_if=REQUIRED_IF,
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
