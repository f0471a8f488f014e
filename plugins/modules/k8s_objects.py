#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: k8s_objects
version_added: 0.1.0
short_description: Bring objects and Helm releases inside a Kubernetes cluster to a described state
description:
  - Brings what one component has inside one cluster to the described state in one call, with the same plan, differences, consent, run lock
    and summary as resources of AWS.
  - A cluster that does not exist yet, or is still being made, has nothing in it. In check mode everything is then planned as to be added.
  - Planning only reads. It takes the rights of C(AmazonEKSAdminViewPolicy) and neither a dry run of the API nor Helm.
  - Objects are applied by the server (server-side apply). What differs from the manifest, and what an earlier manifest had and this one has
    not, is drift. What others have added is left alone.
  - What belongs to the component is found by the labels C(mainstay.aws/environment) and C(mainstay.aws/component) and the annotation
    C(mainstay.aws/address), in all kinds that the cluster knows. Releases carry the same labels. What has no such mark is never changed.
  - Releases are planned from what Helm has written down in the cluster, and installed with Helm. A Helm that was killed is recovered from.
  - What is there and nobody's can be taken over with O(adopt). Objects are named by their path in the API, such as
    C(/api/v1/namespaces/web), and releases by namespace and name, such as C(kube-system/metrics). A plan that meets one shows the entry.
  - Values of Secrets, values whose name says that they are secret with everything below them, and values that came out of Ansible Vault
    are never shown and never saved. O(sensitive) adds others.
  - A label proves no ownership in a namespace to which others may write. A release whose record names objects that Helm did not mark as
    that release's, or whose removal creates objects by hooks, is removed only if O(purge) names its address exactly. Records that Helm
    cannot have written are left alone with a warning, or an error if the release is described.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  cluster:
    description:
      - AWS's name of the EKS cluster. Its address comes from AWS, tokens are made with the AWS credentials.
    type: str
  kubeconfig:
    description:
      - Path of a kubeconfig, in place of O(cluster). AWS is still asked for the identity and holds the run lock.
    type: path
  context:
    description:
      - The context of the kubeconfig. Its current one by default.
    type: str
  name:
    description:
      - How the cluster is called in addresses, such as V(main) in C(kubernetes_object.main/Service/web/api). By default it is O(cluster).
    type: str
  objects:
    description:
      - Manifests. Namespaced ones name their namespace; a default is not assumed.
      - Everything comes after its namespace, pods after the ServiceAccounts, Secrets and ConfigMaps of their namespace, custom resources
        after their definition. The annotation C(mainstay.aws/after), which is not sent, names what else has to be finished before,
        releases by name and objects as V(Kind/namespace/name), with commas between them.
      - Texts in C(stringData) of Secrets are encoded into C(data).
      - Workloads count as done when the API has them. M(mainstay.aws.k8s_rollout_verify) judges whether their pods come up.
    type: list
    elements: dict
    default: []
  patches:
    description:
      - Values to set in objects that something else owns, as manifests with these values alone. They are set where an object is there.
        None is made, and none is ever deleted. What is no longer described stays as it was set.
    type: list
    elements: dict
    default: []
  releases:
    description:
      - Helm releases by name. Settings are C(namespace) (required), C(chart), C(repository), C(version), C(chart_files), C(values),
        C(after), C(create_namespace) and C(wait).
      - C(chart) is a folder on the host that runs the module, an V(oci://) address, or a name in C(repository). Charts that are no folder
        need an exact C(version). C(chart_files) has the chart itself, as the filter P(mainstay.aws.chart_files#filter) reads it.
      - C(values) are all values that are given to the chart; what an earlier run gave and this one does not is taken back.
      - C(after) lists releases and objects that have to be finished before.
      - With C(wait) (V(true)) a release is finished when its workloads are available and every webhook of it has a ready endpoint.
      - C(create_namespace) (V(false)) makes the namespace, which then belongs to nobody. Better name it in O(objects).
      - The templates and values of a release's objects are compared with what is in the cluster; objects that are missing or changed are
        drift.
    type: dict
    default: {}
  sensitive:
    description:
      - Paths whose values are never shown and never saved, with everything below them, as patterns with V(*) and V(?). Paths are those that
        a plan shows, such as V(data.license) or V(spec.template.spec.containers[app].env[URL].value).
      - With an address and a colon before it, a pattern is about one object or release, as in V(helm_release.main/web:settings.*).
    type: list
    elements: str
    default: []
  helm_binary:
    description:
      - The Helm to install with, 3.14 or newer. Check mode does not need it.
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
    description: Can run in check mode and return changed status prediction without modifying the target.
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
- name: Make a namespace, and a secret and a workload in it
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

- name: Install the load balancer controller alone, and whatever its webhook is asked about after it
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

- name: Let go what is no longer described
  mainstay.aws.k8s_objects:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    name: main
    objects: "{{ shop_objects }}"
    purge: ["kubernetes_object.main/*/shop/*"]

- name: Remove all that the component has in a cluster that a kubeconfig leads to
  mainstay.aws.k8s_objects:
    environment: dev
    component: shop
    region: eu-west-1
    kubeconfig: ~/.kube/dev
    state: absent
"""

RETURN = r"""
outputs:
  description: What is in the cluster. Keys are the same in check mode; what only the run itself can tell reads C((known after apply)).
  returned: always
  type: dict
  contains:
    objects:
      description: The described objects, as in their addresses.
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
      description: What was begun and not waited for, and what waits for that; empty unless O(defer) was given. See there.
      type: list
      elements: str
      returned: always
      sample: []
plan:
  description:
    - What was or would be done, for people and programs, in the shape that M(mainstay.aws.vpc_network) returns. The callback
      P(mainstay.aws.plan_summary#callback) prints it.
    - C(api_calls) counts those of AWS and those of the cluster.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 12, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.spec import (
    MUTUALLY_EXCLUSIVE,
    REQUIRED_ONE_OF,
    argument_spec,
)

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
