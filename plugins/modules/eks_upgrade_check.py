#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_upgrade_check
version_added: 0.1.0
short_description: Report what blocks an EKS upgrade
description:
  - Compares the current versions of a component's clusters with the target versions, and reports what matters for the upgrade. This covers
    skipped minor versions, node groups and kubelets that violate the version skew policy, incompatible add-ons and their replacement
    versions, EKS's own upgrade insights with the clients that use deprecated APIs, PodDisruptionBudgets that allow no evictions, pods
    without a controller, unhealthy nodes, free addresses in the cluster's subnets, support dates, and what can be rolled back.
  - Changes nothing. There are no findings for a cluster that is already at its target version, including its node groups, or for one that
    does not exist yet.
  - If the cluster's own API is unreachable, that is reported along with all other findings. Reading it requires an access entry, such as
    one with the policy AmazonEKSAdminViewPolicy.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  clusters:
    description:
      - The clusters in the format of M(mainstay.aws.eks_cluster). Only C(version), C(name), and the C(version) of each of the C(addons) are
        read.
    type: dict
    required: true
  ignore:
    description:
      - Findings that do not count as blocking, by C(id), such as V(disruption_budget:shop/api), optionally prefixed with the name of the
        cluster and a slash. Shell patterns are allowed.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.eks_drain
"""

EXAMPLES = r"""
- name: Check the upgrade
  mainstay.aws.eks_upgrade_check:
    environment: prod
    region: af-south-1
    clusters:
      main:
        version: "1.36"
  register: check

- name: Stop if anything blocks the upgrade
  ansible.builtin.assert:
    that: check.blocking == []
    fail_msg: "{{ check.blocking | join('\n') }}"

- name: Check the upgrade again, and ignore the budgets of one namespace
  mainstay.aws.eks_upgrade_check:
    environment: prod
    region: af-south-1
    clusters:
      main:
        version: "1.36"
    ignore: ["disruption_budget:batch/*"]
"""

RETURN = r"""
upgrades:
  description: The results, by the names in O(clusters).
  returned: always
  type: dict
  contains:
    name:
      description: The name of the cluster in AWS; null if the cluster does not exist.
      type: str
      returned: always
      sample: prod-main
    from:
      description: The current version.
      type: str
      returned: always
      sample: "1.35"
    to:
      description: The target version.
      type: str
      returned: always
      sample: "1.36"
    needed:
      description: Whether the cluster needs an upgrade, or the rest of one.
      type: bool
      returned: always
      sample: true
    findings:
      description: The findings of this cluster, in the format of RV(findings).
      type: list
      elements: dict
      returned: always
      sample: []
findings:
  description: All findings, the most severe ones of each cluster first.
  returned: always
  type: list
  elements: dict
  contains:
    cluster:
      description: The name of the cluster in O(clusters).
      type: str
      returned: always
      sample: main
    id:
      description: The identifier to use in O(ignore).
      type: str
      returned: always
      sample: disruption_budget:shop/api
    severity:
      description: V(blocks), V(warns) or V(info).
      type: str
      returned: always
      sample: blocks
    what:
      description: The finding in one sentence.
      type: str
      returned: always
      sample: "PodDisruptionBudget shop/api allows no disruption: minAvailable is 2 and there are 2 pods. Its pods on nodes of the groups:
        api-1, api-2."
    where:
      description: The resource the finding is about.
      type: str
      returned: always
      sample: shop/api
    remedy:
      description: How to fix it; empty if there is nothing to do.
      type: str
      returned: always
      sample: For the upgrade, run one replica more than it requires, or lower what it requires.
lines:
  description: RV(findings) as lines of text.
  returned: always
  type: list
  elements: str
  sample: ["warns   main  Node node-1 is not Ready: KubeletStopped. Fix or remove it."]
blocking:
  description: One sentence for each blocking finding that is not in O(ignore). Empty if the upgrade can start.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.spec import upgrade_check_spec as argument_spec
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.check import SERVICES, run

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
