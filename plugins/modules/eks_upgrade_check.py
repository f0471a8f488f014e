#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_upgrade_check
version_added: 0.1.0
short_description: Say what stands in the way of an EKS upgrade
description:
  - Compares the versions that the clusters of a component run with those that are wanted, and says what somebody who upgrades should know.
    That is skipped minor versions, node groups and kubelets outside the rules of version skew, add-ons that do not fit and which version
    would take their place, EKS's own upgrade insights with the clients that use deprecated APIs, PodDisruptionBudgets that let no pod go,
    pods without a controller, nodes that are not well, free addresses in the cluster's subnets, support dates, and what can be taken back.
  - Changes nothing. A cluster that is at its version, with all its node groups, and one that does not exist yet have no findings.
  - Where the cluster's own API cannot be reached, everything else is said, and that too. Reading it takes an access entry, such as one with
    the policy AmazonEKSAdminViewPolicy.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  clusters:
    description:
      - The clusters as M(mainstay.aws.eks_cluster) takes them. Of each, C(version), C(name) and the C(version) of its C(addons) are read.
    type: dict
    required: true
  ignore:
    description:
      - Findings that shall not count as blocking, by the C(id) that they have, such as V(disruption_budget:shop/api), with the name of the
        cluster and a slash in front or without. Shell patterns are understood.
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
- name: Look at what an upgrade would meet
  mainstay.aws.eks_upgrade_check:
    environment: prod
    region: af-south-1
    clusters:
      main:
        version: "1.36"
  register: check

- name: Stop if something stands in the way
  ansible.builtin.assert:
    that: check.blocking == []
    fail_msg: "{{ check.blocking | join('\n') }}"

- name: Look again, and let one budget be
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
  description: What was found, by the names of O(clusters).
  returned: always
  type: dict
  contains:
    name:
      description: What AWS calls the cluster; null where there is none.
      type: str
      returned: always
      sample: prod-main
    from:
      description: The version that it runs.
      type: str
      returned: always
      sample: "1.35"
    to:
      description: The version that is wanted.
      type: str
      returned: always
      sample: "1.36"
    needed:
      description: Whether an upgrade is ahead, or a part of one.
      type: bool
      returned: always
      sample: true
    findings:
      description: As RV(findings).
      type: list
      elements: dict
      returned: always
      sample: []
findings:
  description: Everything that was found, the worst of each cluster first.
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
      description: What O(ignore) calls it.
      type: str
      returned: always
      sample: disruption_budget:shop/api
    severity:
      description: V(blocks), V(warns) or V(info).
      type: str
      returned: always
      sample: blocks
    what:
      description: What was found, in one sentence.
      type: str
      returned: always
      sample: "PodDisruptionBudget shop/api allows no disruption: minAvailable is 2 and there are 2 pods. Its pods on nodes of the groups:
        api-1, api-2."
    where:
      description: What it was found at.
      type: str
      returned: always
      sample: shop/api
    remedy:
      description: What to do about it; empty where nothing has to be done.
      type: str
      returned: always
      sample: For the upgrade, run one replica more than it requires, or lower what it requires.
lines:
  description: RV(findings) as lines for people.
  returned: always
  type: list
  elements: str
  sample: ["warns   main  Node node-1 is not Ready: KubeletStopped. Mend or remove it."]
blocking:
  description: A sentence for everything that blocks and is not in O(ignore). Empty when an upgrade can begin.
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
