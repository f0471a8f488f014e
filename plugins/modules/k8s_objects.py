#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: k8s_objects
version_added: 0.1.0
short_description: Bring objects and Helm releases in a Kubernetes cluster to a described state
description:
  - Brings the objects and releases of one component in one cluster to the described state in one call, with the same plan, diff, consent,
    run lock, and summary as AWS resources.
  - A cluster that does not exist yet, or is still being created, counts as empty. In check mode, everything is then planned as an addition.
  - Planning only reads. It needs the permissions of C(AmazonEKSAdminViewPolicy), and uses neither an API dry run nor Helm.
  - Objects are applied with server-side apply. A field that differs from the manifest is drift, and so is a field that was in an earlier
    manifest but is not in this one. Fields added by others are left alone.
  - The component's objects are found by the labels C(mainstay.aws/environment) and C(mainstay.aws/component) and the annotation
    C(mainstay.aws/address), across all kinds that the cluster serves. Releases carry the same labels. Unlabeled objects are never changed.
  - Releases are planned from Helm's release records in the cluster, and installed with Helm. A release left behind by a killed Helm process
    is recovered.
  - Existing objects and releases without an owner can be adopted with O(adopt). Objects are identified by their API path, such as
    C(/api/v1/namespaces/web), and releases by namespace and name, such as C(kube-system/metrics). A plan that runs into one shows the entry
    to use.
  - Values of Secrets, values whose name indicates a secret with everything below them, and values from Ansible Vault are never shown or
    saved. O(sensitive) adds others.
  - A label does not prove ownership in a namespace to which others may write. A release whose record names objects that Helm did not mark
    as that release's, or whose removal creates objects by hooks, is removed only if O(purge) names its address exactly. Records that Helm
    cannot have written are left alone with a warning, or an error if the release is described.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  cluster:
    description:
      - Name of the EKS cluster in AWS. The API address is read from AWS, and tokens are issued with the AWS credentials.
    type: str
  kubeconfig:
    description:
      - Path of a kubeconfig to use instead of O(cluster). AWS is still used to check the identity and to hold the run lock.
    type: path
  context:
    description:
      - The context of the kubeconfig. Defaults to the current one.
    type: str
  name:
    description:
      - Name of the cluster in addresses, such as V(main) in C(kubernetes_object.main/Service/web/api). Defaults to O(cluster).
    type: str
  objects:
    description:
      - Manifests. Namespaced objects must name their namespace; there is no default.
      - Every object is applied after its namespace, pods after the ServiceAccounts, Secrets, and ConfigMaps of their namespace, and custom
        resources after their definition. The annotation C(mainstay.aws/after), which is not sent to the API, lists further prerequisites,
        separated by commas. Releases are listed by name and objects as V(Kind/namespace/name).
      - Values in C(stringData) of Secrets are encoded into C(data).
      - Workloads count as done when the API has accepted them. To verify that their pods start, use M(mainstay.aws.k8s_rollout_verify).
    type: list
    elements: dict
    default: []
  patches:
    description:
      - Values to set in objects owned by something else, as manifests that contain only these values. They are set only if the object
        exists. Objects are never created or deleted, and a value that is no longer described stays as it was set.
    type: list
    elements: dict
    default: []
  releases:
    description:
      - Helm releases by name. Settings are C(namespace) (required), C(chart), C(repository), C(version), C(chart_files), C(values),
        C(after), C(create_namespace), and C(wait).
      - C(chart) is a directory on the host that runs the module, an V(oci://) address, or a name in C(repository). A chart that is not a
        directory needs an exact C(version). C(chart_files) has the chart itself, as read by the filter P(mainstay.aws.chart_files#filter).
      - C(values) is the complete set of values for the chart. A value set by an earlier run but missing here is removed.
      - C(after) lists releases and objects that must be finished first.
      - With C(wait) (V(true)), a release is finished when its workloads are available and each of its webhooks has a ready endpoint.
      - C(create_namespace) (V(false)) creates the namespace, which then has no owner. It is better to list the namespace in O(objects).
      - The templates and values of a release's objects are compared with those in the cluster. Missing or changed objects are drift.
    type: dict
    default: {}
  sensitive:
    description:
      - Paths whose values are never shown or saved, including everything below them, as patterns with V(*) and V(?). Write paths as a plan
        shows them, such as V(data.license) or V(spec.template.spec.containers[app].env[URL].value).
      - With an address and a colon before it, a pattern applies to one object or release, as in V(helm_release.main/web:settings.*).
    type: list
    elements: str
    default: []
  helm_binary:
    description:
      - The Helm binary that installs releases, version 3.14 or later. Check mode does not need it.
    type: str
    default: helm
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
  - module: mainstay.aws.k8s_rollout_verify
  - plugin: mainstay.aws.eks_content
    plugin_type: filter
  - plugin: mainstay.aws.chart_files
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Create a namespace with a secret and a workload
  mainstay.aws.k8s_objects:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    name: main
    objects:
      - apiVersion: v1
        kind: Namespace
        metadata:
          name: shop
          labels: {pod-security.kubernetes.io/enforce: restricted}
      - apiVersion: v1
        kind: Secret
        metadata: {name: database, namespace: shop}
        stringData: {password: "{{ shop_database_password }}"}
      - "{{ lookup('ansible.builtin.file', 'web.yml') | from_yaml }}"

- name: Install the load balancer controller first, and then the releases that its webhook must admit
  mainstay.aws.k8s_objects:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    releases:
      aws-load-balancer-controller:
        namespace: kube-system
        chart: charts/aws-load-balancer-controller
        values: {clusterName: prod-main, region: af-south-1, vpcId: vpc-0123456789abcdef0}
      ingress:
        namespace: ingress
        chart: ingress-nginx
        repository: https://charts.example.com
        version: 4.13.2
        after: [aws-load-balancer-controller]

- name: Delete objects that are no longer described
  mainstay.aws.k8s_objects:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    name: main
    objects: "{{ shop_objects }}"
    purge: ["kubernetes_object.main/*/shop/*"]

- name: Remove everything the component owns in the cluster of a kubeconfig
  mainstay.aws.k8s_objects:
    environment: dev
    component: shop
    region: eu-west-1
    kubeconfig: ~/.kube/dev
    state: absent
"""

RETURN = r"""
outputs:
  description: The content of the cluster. The keys are the same in check mode; values known only after apply read C((known after apply)).
  returned: always
  type: dict
  contains:
    objects:
      description: The described objects, in the format used in addresses.
      type: list
      elements: str
      returned: always
      sample: [main/Namespace/shop, main/Deployment/shop/web]
    releases:
      description: The described releases by name.
      type: dict
      returned: always
      sample: {ingress: {namespace: ingress, version: 4.13.2, revision: 3, status: deployed}}
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
    - C(api_calls) counts calls to both AWS and the cluster.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 12, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.options import MUTUALLY_EXCLUSIVE, REQUIRED_ONE_OF
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.spec import argument_spec

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
