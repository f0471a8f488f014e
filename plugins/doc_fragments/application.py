# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of the options that the modules for applications share."""

from __future__ import annotations


class ModuleDocFragment:
    # Where the application is.
    DOCUMENTATION = r"""
options:
  namespace:
    description:
      - The namespace of the application. The records of its releases and its lease are kept there.
    type: str
    required: true
  cluster:
    description:
      - Name of the EKS cluster in AWS. The API address is read from AWS, and tokens are issued with the AWS credentials.
    type: str
  kubeconfig:
    description:
      - Path of a kubeconfig to use instead of O(cluster). AWS is still used to check the identity.
    type: path
  context:
    description:
      - The context of the kubeconfig. Defaults to the current one.
    type: str
"""

    # What the modules have in common that change an application.
    CHANGE = r"""
options:
  verification:
    description:
      - How the release is verified, as options of M(mainstay.aws.k8s_rollout_verify), such as C(wait_timeout), C(probes), C(metrics), and
        C(bake). What is verified, and what happens on failure, is decided here and cannot be set.
      - An application that went back is verified again by its rollout, its Services, and the probes without the version that they expect.
    type: dict
    default: {}
  keep:
    description:
      - Number of releases whose records are kept. The last two verified ones always are. It must be at least 2.
    type: int
    default: 10
  helm_binary:
    description:
      - The Helm program for O(mode=helm), by its name on C(PATH) or its path.
    type: str
    default: helm
  poll_interval:
    description:
      - Maximum interval between two polls of what is waited for, in seconds.
      - If not set, the host variable C(platform_poll_interval) is used.
    type: float
    default: 2.5
  lock_wait:
    description:
      - How long to wait, in seconds, for another deployment of the application. With V(0.0), the call fails at once and names who is
        deploying. The lease of a run that was killed is waited for in any case; it ends after 30 seconds.
      - If not set, the host variable C(platform_lock_wait) is used.
    type: float
    default: 0.0
  fail_on:
    description:
      - With V(blocked) the task fails in check mode if the release would be refused. With V(changes) it also fails if it would change
        anything. The plan is complete and returned in either case.
      - If not set, the host variable C(platform_fail_on) is used.
    type: str
  sensitive_values:
    description:
      - Strings that must not be shown or saved, as base64 of a JSON list. Do not set it; the values from Ansible Vault are supplied
        without it.
    type: str
"""

    # Who applies what runs.
    MODES = r"""
options:
  mode:
    description:
      - Who applies what runs. With V(apply), this collection applies the objects. With V(helm), Helm installs O(chart), and with V(argocd),
        Argo CD syncs the Application of O(argocd). The objects around it, such as the namespace, configuration, and secrets, are applied
        here in any mode.
      - With V(helm) and V(argocd), the only strategy is V(rolling), and images are neither resolved nor protected.
    type: str
    choices: [apply, helm, argocd]
    default: apply
  chart:
    description:
      - The chart for O(mode=helm). Either C(chart), which is a folder on this host, C(oci://...), or a name in C(repository), or
        C(chart_files), the text of its files by path as P(mainstay.aws.chart_files#filter) reads them.
      - A chart from a repository needs its exact C(version). C(values) are the values, C(release) is the name of the Helm release, which
        defaults to the component.
    type: dict
    default: {}
  argocd:
    description:
      - The Application for O(mode=argocd). It must exist.
      - C(application) is its name, and C(namespace), which defaults to C(argocd), its namespace. C(revision) is the commit, tag, or branch
        to deploy, and defaults to the version of the release. C(source) is the number of the source among several, from 0.
      - C(timeout) is the limit of one sync in seconds (600), C(grace) how long a bad status may last (120), and C(prune) whether the sync
        deletes what the revision no longer has (true).
    type: dict
    default: {}
"""
