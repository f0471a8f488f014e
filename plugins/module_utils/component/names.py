# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The valid names of environments and components."""

from __future__ import annotations

from ..aws.owner import OWNER_NAME

__all__ = ["OWNER_NAME", "OWNER_NAME_IN_WORDS", "PRODUCTION"]

PRODUCTION = ("prod", "production")
"""Environments that are guarded more closely: clusters are protected from deletion, their endpoints are never open to the world, and a plan
says if nothing limits the roles."""

OWNER_NAME_IN_WORDS = "1 to 24 characters: a lower-case letter, then lower-case letters, digits, - and _"
