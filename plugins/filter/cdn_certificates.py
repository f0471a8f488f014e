# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: cdn_certificates
version_added: 0.1.0
short_description: Put the ARNs of certificates in place of their names in the settings of distributions
description:
  - A distribution of the role C(s3_cdn) can name a certificate of C(dns_zones). CloudFront takes that of us-east-1.
  - The ARN of a certificate that does not exist yet reads C((known after apply)).
positional: _input
options:
  _input:
    description: The distributions, C(s3_cdn_distributions).
    type: dict
    required: true
  zones:
    description: The zones as the inventory describes them, C(dns_zones). If empty, names are looked up in O(outputs).
    type: dict
    required: true
  outputs:
    description: The outputs of the zones by name, C(dns_outputs.zones).
    type: dict
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Show the settings with ARNs
  ansible.builtin.debug:
    msg: "{{ s3_cdn_distributions | mainstay.aws.cdn_certificates(dns_zones, dns_outputs.zones) }}"
"""

RETURN = r"""
_value:
  description: The distributions with C(certificate_arn) in place of C(certificate).
  type: dict
"""


def cdn_certificates(distributions: Any, zones: Mapping[str, Any], outputs: Mapping[str, Any]) -> Any:
    """The settings as the module takes them."""
    # Imported here, because Ansible loads all filters of a collection with the first one that is used.
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.certificates import with_arns

    return with_arns(distributions, zones, outputs)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"cdn_certificates": cdn_certificates}
