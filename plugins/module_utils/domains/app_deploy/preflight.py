# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on an application that the role app_deploy describes, before its first call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...deployment.strategies import settings as strategies
from ...inputs.problems import Problems
from ...inputs.values import NAMESPACE
from . import window
from .logs import check_logs
from .options import mode_problems, with_prefix
from .surroundings import Surroundings, reference_problems

VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
BREAK_GLASS_LENGTH = 500
RELEASES = range(2, 101)
"""How many releases may be kept: the one that runs and the one before it, at least. Each is a Secret in the cluster."""


def surroundings_of(variables: Mapping[str, Any]) -> Surroundings:
    """What the inventory describes around an application, from the part of it that the role passes on."""
    inventory = variables.get("__platform_inventory") or {}
    return Surroundings(
        environment=str(variables.get("platform_environment") or ""),
        region=str(variables.get("platform_region") or ""),
        clusters=inventory.get("clusters") or {},
        zones=inventory.get("zones") or {},
        databases=inventory.get("databases") or {},
        web_acls=inventory.get("web_acls") or {},
    )


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the application of the role that its argument specification cannot express."""
    problems = Problems()
    namespace, version = variables.get("app_deploy_namespace") or "", str(variables.get("app_deploy_version") or "")
    if namespace and not NAMESPACE.fullmatch(str(namespace)):
        problems.add("app_deploy_namespace", namespace, "it must be at most 63 lower-case letters, digits and '-', such as shop")
    if not version and (variables.get("__platform_inventory") or {}).get("version_required"):
        problems.missing("app_deploy_version", 'say which version to deploy, in quotes, such as "1.4.2"')
    elif version and not VERSION.fullmatch(version):
        problems.add("app_deploy_version", version, 'it must be at most 128 letters, digits, and . _ + -, in quotes, such as "1.4.2"')
    if (keep := variables.get("app_deploy_keep", RELEASES[1])) not in RELEASES:
        problems.add("app_deploy_keep", keep, f"it must be {RELEASES[0]} to {RELEASES[-1]}")
    if len(str(variables.get("app_deploy_break_glass") or "")) > BREAK_GLASS_LENGTH:
        problems.messages.append(f"app_deploy_break_glass has more than {BREAK_GLASS_LENGTH} characters; it is a reason, in one sentence")
    _check_migration(variables, problems)
    _check_strategy(variables, problems)
    around = surroundings_of(variables)
    check_logs(variables, str(variables.get("platform_component") or ""), around, problems)
    found = window.read(variables.get("app_deploy_window"), "app_deploy_window")[1]
    return [*problems.messages, *found, *reference_problems(variables, around)]


def _check_migration(variables: Mapping[str, Any], problems: Problems) -> None:
    """A migration says which databases it changes, because the snapshot gate has to know."""
    migration = variables.get("app_deploy_migration") or {}
    if isinstance(migration, Mapping) and migration and not migration.get("databases"):
        problems.missing(
            "app_deploy_migration.databases",
            "name the DB instances that it changes, by identifier or name in rds_databases, so that the snapshot gate protects them",
        )


def _check_strategy(variables: Mapping[str, Any], problems: Problems) -> None:
    """What is wrong with the settings of the strategy whatever is deployed."""
    strategy = str(variables.get("app_deploy_strategy") or strategies.ROLLING)
    of_mode = {name: variables.get(f"app_deploy_{name}") for name in ("mode", "strategy", "chart", "argocd", "version")}
    if all(isinstance(of_mode[name] or {}, Mapping) for name in ("chart", "argocd")):
        problems.messages += mode_problems(of_mode)
    given = variables.get(f"app_deploy_{strategy}") if strategy in strategies.TRACKED else None
    if isinstance(given or {}, Mapping):
        problems.messages += [with_prefix(strategy, text) for text in strategies.own(strategy, given or {})[1]]
