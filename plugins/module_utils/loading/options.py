# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of postgres_load, and the plan that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..component.names import PRODUCTION
from ..component.options import OWNER, shared
from ..domains.database_content.server.link import Target
from ..domains.database_content.spec import ENDPOINT, LOGIN, target_of
from ..postgresql.script.source import Script, look
from ..postgresql.script.splitting import ScriptProblem

STATEMENT_SECONDS = 3600.0


@dataclass(frozen=True)
class LoadPlan:
    """``statement_timeout``: seconds. ``owner``: the role that owns what is loaded; empty for the owner of the database."""

    environment: str
    target: Target
    database: str
    scripts: tuple[Script, ...]
    owner: str
    portable: bool
    into_existing: bool
    expect: Mapping[str, int]
    checks: Mapping[str, str]
    statement_timeout: float


def argument_spec() -> dict[str, Any]:
    """``secrets`` holds passwords, so it is no_log."""
    return {
        **shared(*OWNER),
        "name": {"type": "str", "default": "main"},
        "endpoint": {"type": "dict", "required": True, "options": dict(ENDPOINT)},
        "login": {"type": "dict", "required": True, "options": dict(LOGIN)},
        "secrets": {"type": "dict", "default": {}, "no_log": True},
        "database": {"type": "str", "required": True},
        "files": {"type": "list", "elements": "path", "required": True},
        "owner": {"type": "str", "default": ""},
        "portable": {"type": "bool", "default": True},
        "into_existing": {"type": "bool", "default": False},
        "allow_production": {"type": "bool", "default": False},
        "expect": {"type": "dict", "default": {}},
        "checks": {"type": "dict", "default": {}},
        "statement_timeout": {"type": "float", "default": STATEMENT_SECONDS},
    }


def plan_of(params: Mapping[str, Any]) -> tuple[LoadPlan | None, list[str]]:
    """The plan, or every problem with the options. Reads the files."""
    target, problems = target_of(params)
    scripts, more = _scripts(params["files"])
    expect, wrong = counts_of(params["expect"])
    problems += [*more, *wrong, *checks_wrong(params["checks"])]
    environment = str(params["environment"] or "")
    if environment in PRODUCTION and not params["allow_production"]:
        problems.append(
            f"environment is {environment}, and data is loaded into production only on request: set allow_production "
            "(load_data_allow_production=true in playbooks/load_data.yml) for this one run"
        )
    if params["statement_timeout"] <= 0:
        problems.append(f"statement_timeout is {params['statement_timeout']:g}; it must be more than 0 seconds")
    if problems:
        return None, problems
    return LoadPlan(
        environment=environment,
        target=target,
        database=params["database"],
        scripts=scripts,
        owner=params["owner"],
        portable=params["portable"],
        into_existing=params["into_existing"],
        expect=expect,
        checks={str(name): str(query) for name, query in params["checks"].items()},
        statement_timeout=params["statement_timeout"],
    ), []


def _scripts(files: list[str]) -> tuple[tuple[Script, ...], list[str]]:
    problems = [] if files else ["files is empty; name at least one file of SQL"]
    scripts: dict[str, Script] = {}
    for path in files:
        try:
            script = look(path)
        except ScriptProblem as error:
            problems.append(str(error))
            continue
        if script.digest in scripts:
            problems.append(f"files has {scripts[script.digest].path} and {path}, which have the same content; remove one")
        scripts[script.digest] = script
    return tuple(scripts.values()), problems


def counts_of(given: Mapping[str, Any]) -> tuple[dict[str, int], list[str]]:
    """The expected counts, and what is wrong with them."""
    found, problems = {}, []
    for table, number in given.items():
        if isinstance(number, bool) or not str(number).isdigit():
            problems.append(f"expect.{table} is {number!r}; it must be a number of rows")
        else:
            found[str(table)] = int(number)
    return found, problems


def checks_wrong(checks: Mapping[str, Any]) -> list[str]:
    return [
        f"checks.{name} is {query!r}; it must be a query that returns no rows if all is well"
        for name, query in checks.items()
        if not isinstance(query, str) or not query.strip()
    ]
