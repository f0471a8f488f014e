# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a host's ``platform_*`` variables supply options of a module call. Only this module reads, checks and fills them in.

Pure: the action plugin plugins/action/in_worker.py passes the variables in, with templates resolved.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.validation import check_type_bool, check_type_dict, check_type_float

from ..inputs.problems import shown, suggestion
from .options import VARIABLES, Option, Shared

PREFIX = "platform_"
PLACE = ("platform_environment", "platform_region", "platform_account_id")
"""Who owns the resources, and where they are: an inventory that sets one of these sets all three."""


class WrongVariables(Exception):
    """A host has invalid variables. One message per mistake."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = list(messages)
        super().__init__("\n".join(self.messages))


def taken(spec: Mapping[str, Any]) -> set[str]:
    """The options of a module that variables can supply. All our modules have a region, which amazon.aws specifies."""
    return {"region", *(name for name, option in spec.items() if isinstance(option, Shared))}


def unknown(names: Iterable[str]) -> list[str]:
    """A sentence for each variable that begins with platform_ but does not exist."""
    return [
        f"{name} is not a variable of the platform; {suggestion(name, VARIABLES, PREFIX)}"
        for name in sorted(names)
        if name.startswith(PREFIX) and name not in VARIABLES
    ]


def values(names: Collection[str], value_of: Callable[[str], Any]) -> dict[str, Any]:
    """The options that these variables supply, by name, converted to the options' types. Raises WrongVariables."""
    problems = unknown(names)
    found: dict[str, Any] = {}
    for variable, option in VARIABLES.items():
        given = value_of(variable) if variable in names else None
        if given is None:
            continue
        try:
            value = _typed(option, given)
        except (TypeError, ValueError):
            problems.append(f"{variable} is {shown(given)}, but must be {option.wanted}")
            continue
        if value in option.unset:
            continue
        if problem := option.problem(value):
            problems.append(f"{variable} {problem}")
        found[option.name] = value
    if problems:
        raise WrongVariables(problems)
    return found


def filled(given: Mapping[str, Any], takes: Collection[str], found: Mapping[str, Any], host: str, hosts: Iterable[str]) -> dict[str, Any]:
    """The options of a call: those from the task, plus those from the variables (``found``, from ``values``) that the module takes.

    Raises WrongVariables if the inventory omits part of the place.
    """
    others = {name: value for name, value in found.items() if name in takes and not _is_given(name, given)}
    options = {**others, **given}
    if "component" in takes:
        options.setdefault("component", host)
    if "environment" in others:
        problems = [
            f"{variable} is not set, but platform_environment is; it must be {VARIABLES[variable].wanted}"
            for variable in PLACE
            if VARIABLES[variable].name in takes and not _is_given(VARIABLES[variable].name, options)
        ]
        if problems:
            raise WrongVariables(problems)
    if "inventory_host" in takes:
        options.setdefault("inventory_host", host)
        if options.get("apply_plan"):
            options.setdefault("inventory_hosts", list(hosts))
    return options


def _is_given(name: str, options: Mapping[str, Any]) -> bool:
    aliases = next((option.aliases for option in VARIABLES.values() if option.name == name), ())
    return any(one in options for one in (name, *aliases))


def _typed(option: Option, value: Any) -> Any:
    """Convert the value to the type of its option. Raises TypeError or ValueError.

    As strict as values in files allow, and as lenient as ``--extra-vars name=value`` requires, where every value is a string.
    """
    return TYPES[(option.spec or {"type": "str"})["type"]](value)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _path(value: Any) -> str:
    """Make the path absolute, since the module may run in a different directory from the playbook. An empty path stays empty."""
    return str(Path(_string(value)).expanduser().resolve()) if value != "" else ""


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    return float(check_type_float(value))


def _strings(value: Any) -> list[str]:
    """Accept a list, a JSON list, or a comma-separated string."""
    if isinstance(value, str):
        value = json.loads(value) if value.lstrip().startswith("[") else [one.strip() for one in value.split(",") if one.strip()]
    if not isinstance(value, list | tuple):
        raise TypeError(value)
    return [_string(one) for one in value]


TYPES: Mapping[str, Callable[[Any], Any]] = {
    "str": _string,
    "path": _path,
    "bool": check_type_bool,
    "float": _float,
    "list": _strings,
    "dict": check_type_dict,
}
