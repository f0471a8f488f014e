# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks the databases and users of a role's instances before the first call, for the role's preflight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..rds.settings.master import DEFAULT_USERNAME
from .wanted.settings import read_contents


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the content of all instances. What is no mapping is reported with the instances themselves."""
    instances = variables.get("rds_databases")
    if not isinstance(instances, Mapping) or not variables.get("rds_manage_content", True):
        return []
    found: list[str] = []
    for name, settings in instances.items():
        if isinstance(settings, Mapping):
            found += content_errors(settings, f"rds_databases.{name}")
    return found


def content_errors(settings: Mapping[str, Any], path: str) -> list[str]:
    """Every problem with what one instance is to contain."""
    master = settings.get("master")
    user = (master.get("username") if isinstance(master, Mapping) else None) or DEFAULT_USERNAME
    return read_contents(settings.get("databases"), settings.get("users"), str(user), path)[1]
