# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The valid names of environments and components."""

from __future__ import annotations

from ..text.names import OWNER_NAME

__all__ = ["OWNER_NAME", "OWNER_NAME_IN_WORDS", "PRODUCTION", "UNBOUNDED"]

PRODUCTION = ("prod", "production")
"""Environments with stricter safeguards: clusters are protected from deletion, their endpoints are never open to the world, and a plan
reports roles without a permissions boundary."""

OWNER_NAME_IN_WORDS = "1 to 24 characters: a lower-case letter, then lower-case letters, digits, - and _"

UNBOUNDED = (
    "platform_permissions_boundary is not set, so the credentials that apply can give the roles that they make any right: treat them as an "
    'administrator\'s, or set it (docs/permissions.md, "A boundary").'
)
"""The line in production plans and generated policies if no permissions boundary limits the roles."""
