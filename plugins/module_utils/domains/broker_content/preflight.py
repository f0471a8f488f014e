# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks of what is inside brokers before the first call, beside those of their settings, for the role's preflight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..messaging.preflight import REFERENCES


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """What is inside is read and checked with the brokers; here is who connects to them."""
    return REFERENCES.host_errors(variables) if variables.get("messaging_brokers") else []
