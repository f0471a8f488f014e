# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: application_objects
version_added: 0.1.0
short_description: Convert the settings of an application into Kubernetes objects
description:
  - Converts settings for services, workers, cron jobs, an ingress, configuration, and secrets into Kubernetes manifests with safe defaults,
    or completes and checks a directory of plain manifests. Nothing is looked up.
  - Fails with every problem at once if any setting is invalid.
positional: _input
options:
  _input:
    description: The settings, as in the variables of the role C(app_deploy) without their prefix.
    type: dict
    required: true
  name:
    description: The name of the application, which is that of its component.
    type: str
    required: true
  namespace:
    description: The namespace of its objects.
    type: str
    required: true
  version:
    description: What people call this release. It becomes a label of objects and pods.
    type: str
    default: ""
  environment:
    description: The name of the environment.
    type: str
    default: ""
  cluster:
    description:
      - The cluster with C(name), C(version), C(region), C(fargate) (whether the application's pods run on Fargate), and
        C(node_architectures). A missing value is not known yet.
    type: dict
    default: {}
  registry:
    description: The host of the registry for images without one, such as C(123456789012.dkr.ecr.af-south-1.amazonaws.com).
    type: str
    default: ""
  images:
    description: Digests by reference, each as a complete reference. They replace the references in the objects.
    type: dict
    default: {}
  prefix:
    description: What variables begin with in messages.
    type: str
    default: app_deploy_
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - module: mainstay.aws.k8s_objects
"""

EXAMPLES = r"""
- name: Show the objects of an application
  ansible.builtin.debug:
    msg: "{{ settings | mainstay.aws.application_objects(name='shop', namespace='shop') }}"
  vars:
    settings:
      services:
        api: {image: "api:1.4.2", port: 8080}
"""

RETURN = r"""
_value:
  description:
    - C(objects) has the manifests; C(migration) the Job that runs before them, or null. C(workloads) and C(services) are references to what
      is watched. C(images) are the references as given, with their registry. C(notes) are sentences for people, and C(sensitive) lists
      paths whose values are not shown.
  type: dict
  sample: {objects: [], migration: null, workloads: [], services: [], images: [], notes: [], sensitive: []}
"""


def application_objects(  # noqa: PLR0913, PLR0917  the options of a filter are its arguments
    settings: Any,
    name: str,
    namespace: str,
    version: str = "",
    environment: str = "",
    cluster: Mapping[str, Any] | None = None,
    registry: str = "",
    images: Mapping[str, str] | None = None,
    prefix: str = "app_deploy_",
) -> dict[str, Any]:
    """The objects of an application; raises AnsibleFilterError with everything that is wrong."""
    from ansible_collections.mainstay.aws.plugins.module_utils.application.build import built
    from ansible_collections.mainstay.aws.plugins.module_utils.application.settings.facts import Cluster, Facts

    facts = Facts(
        name=str(name),
        namespace=str(namespace),
        version=str(version),
        environment=str(environment),
        registry=registry,
        prefix=prefix,
        cluster=Cluster.of(cluster),
        images=dict(images or {}),
    )
    found, problems = built(settings, facts)
    if problems:
        raise AnsibleFilterError("\n".join(problems))
    return found.answer()


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"application_objects": application_objects}
