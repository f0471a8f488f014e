# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of modules that can act as an IAM role, such as one in another account."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  role_arn:
    description:
      - ARN of an IAM role to act as. The credentials of the other options assume it, so they need C(sts:AssumeRole), and the role's trust
        policy must allow them. It can be in another account.
      - It is assumed again before its credentials expire, so waits may last longer than they do.
    type: str
  role_session_name:
    description: Name of the session, by which CloudTrail records the calls.
    type: str
    default: mainstay
  role_external_id:
    description: The external ID, if the role's trust policy demands one.
    type: str
"""
