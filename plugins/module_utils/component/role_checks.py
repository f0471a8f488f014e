# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Check the variables of a role before its first module call makes a request.

Pure: the action plugin plugins/action/in_worker.py passes the variables in, with templates resolved. It runs these checks in the worker of
the role's first module call, because a separate task would cost every component another worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..inputs.problems import suggestion

Specs = Mapping[str, Mapping[str, Any]]
"""The entry points of a role: ``argument_specs`` of its meta/argument_specs.yml."""


def undeclared(names: Iterable[str], role: str, specs: Specs) -> list[str]:
    """A sentence for each name with the role's prefix that no entry point of the role declares."""
    known = {f"{role}_outputs"} | {option for entry in specs.values() for option in entry.get("options") or {}}
    return [
        f"{name} is not a variable of the role {role}; {suggestion(name, known)}"
        for name in sorted(set(names))
        if name.startswith(f"{role}_") and name not in known
    ]


def role_errors(
    role: str, specs: Specs, names: Iterable[str], values: Mapping[str, Any], checks: Iterable[Callable[[Mapping[str, Any]], list[str]]]
) -> list[str]:
    """Every mistake in the variables of a role, one sentence each.

    ``names``: of all variables. ``values``: those of the role, and those of the platform that the checks read, with templates resolved.
    ``checks``: those of the role's domains. They run only for a component that should exist, and only on values of the declared types.
    """
    options = specs["main"].get("options") or {}
    given = {name: value for name, value in values.items() if name in options}
    wrong: list[str] = ArgumentSpecValidator(dict(options)).validate(given, validate_role_argument_spec=True).error_messages
    found = [*undeclared(names, role, specs), *wrong]
    if not wrong and values.get(f"{role}_state") != "absent":
        found += [problem for check in checks for problem in check(values)]
    return found


def failed_components(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str], outputs: str) -> list[str]:
    """The hosts whose role failed earlier in this run. A role that fails registers its outputs as none.

    A host that has no such variable is not part of this run, and its outputs come from AWS.
    """
    return [host for host in hosts if host in hostvars and outputs in hostvars[host] and hostvars[host][outputs] is None]


def not_started(failed: Iterable[str]) -> str:
    """The error of a component that makes no call because something it depends on has failed."""
    return f"Not started, because these failed in this run: {', '.join(failed)}. Fix them and run again."
