# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: application_release
version_added: 0.1.0
short_description: Turn the settings of an application into what its deployment takes
description:
  - Computes the options of M(mainstay.aws.app_release) and M(mainstay.aws.app_release_needs_info) from the settings of the role
    C(app_deploy) and from what other hosts of the inventory describe.
  - Names of certificates, roles for pods, and databases become ARNs and identifiers. An ARN of a resource that does not exist yet reads
    C((known after apply)).
  - All mistakes in the settings are reported at once.
positional: _input, around, images
options:
  _input:
    description: The settings, as C(__app_deploy_settings) of the role collects them.
    type: dict
    required: true
  around:
    description:
      - What other hosts describe and publish, as C(clusters), C(zones), C(databases), C(web_acls), C(cluster_outputs), and C(zone_outputs).
    type: dict
    default: {}
  images:
    description: What runs for each image reference, such as a reference by digest.
    type: dict
    default: {}
  only:
    description:
      - V(release) returns the options of M(mainstay.aws.app_release), V(needs) those of M(mainstay.aws.app_release_needs_info), and
        V(lookups) the names of the roles whose outputs are needed but not given. V(cluster) returns what is known of the cluster, and
        V(web_acl) the ARN of the load balancer's web ACL.
    type: str
    choices: [release, needs, lookups, cluster, web_acl]
    default: release
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Show the objects of an application
  ansible.builtin.debug:
    msg: "{{ (settings | mainstay.aws.application_release).objects }}"
"""

RETURN = r"""
_value:
  description: The options of a module, or with O(only=lookups) a list of names.
  type: raw
  sample: {namespace: shop, version: 1.4.2, objects: [], migration: null}
"""

ONLY = ("release", "needs", "lookups", "cluster", "web_acl")


def application_release(
    given: Mapping[str, Any], around: Mapping[str, Any] | None = None, images: Mapping[str, str] | None = None, only: str = "release"
) -> Any:
    """Raises AnsibleFilterError with every mistake. What it needs is imported here: Ansible loads all filters of a collection together."""
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy import options

    if only not in ONLY:
        raise AnsibleFilterError(f"application_release: only is {only!r}, but must be one of {', '.join(ONLY)}")
    answers: Mapping[str, Callable[..., Any]] = {"lookups": options.lookups, "cluster": options.cluster, "web_acl": options.web_acl}
    if only in answers:
        return answers[only](given, around or {})
    found, problems = options.release(given, around or {}, images or {})
    if problems:
        raise AnsibleFilterError("\n".join(problems))
    return options.needs_of(found) if only == "needs" else options.release_of(found)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"application_release": application_release}
