# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: content_options
version_added: 0.1.0
short_description: Options of s3_content for an entry of s3_cdn_content
description:
  - Puts the names of the bucket in S3 and of the distribution in CloudFront in place of the names that the settings give them.
positional: _input
options:
  _input:
    description: An entry of C(s3_cdn_content).
    type: dict
    required: true
  outputs:
    description: The outputs of the role, C(s3_cdn_outputs).
    type: dict
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Show where the build goes
  ansible.builtin.debug:
    msg: "{{ s3_cdn_content.site | mainstay.aws.content_options(s3_cdn_outputs) }}"
"""

RETURN = r"""
_value:
  description: Options of M(mainstay.aws.s3_content).
  type: dict
"""


def content_options(settings: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    # Imported here, because Ansible loads all filters of a collection with the first one that is used.
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.content import options

    return options(settings, outputs)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"content_options": content_options}
