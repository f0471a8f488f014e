# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which modules of this collection a play will call, as far as that is known before it runs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from ..summary.collect import OWN_MODULES
from .role_specs import ROLES

MODULE_LINE = re.compile(r"^ *(?:- )?(mainstay\.aws\.\w+):", re.MULTILINE)
TASKS_LINE = re.compile(r"^ *(?:- )?ansible\.builtin\.(?:import|include)_tasks: *(\S+\.yml)$", re.MULTILINE)


def own_modules(play: Any, groups: Collection[str]) -> set[str]:
    """The modules of this collection that a play calls, by their short names. ``groups``: inventory groups with hosts in the play."""
    return {name.removeprefix(OWN_MODULES) for name in _actions(play, groups) if name.startswith(OWN_MODULES)}


def _actions(play: Any, groups: Collection[str]) -> Iterator[str]:
    """The actions of a play's tasks and of its roles' tasks, at any depth."""
    blocks = [*play.pre_tasks, *play.tasks, *play.post_tasks]
    for role in play.get_roles():
        blocks += role.get_task_blocks()
    while blocks:
        part = blocks.pop()
        if hasattr(part, "block"):
            blocks += [*part.block, *part.rescue, *part.always]
        elif str(getattr(part, "action", "")).endswith("include_role"):
            names = [str(part.args.get("name", ""))]
            if "{{" in names[0]:  # the role of each host; hosts are in groups named after their roles
                names = [OWN_MODULES + group for group in groups]
            entry = str(part.args.get("tasks_from", "main"))
            for name in names:
                yield from _actions_of_role(name, "main" if "{{" in entry else entry)
        elif getattr(part, "action", None):
            yield str(part.action)


def _actions_of_role(role: str, entry: str) -> Iterator[str]:
    """The modules that an entry point of one of the collection's roles calls. Ansible loads a role only when it reaches the include."""
    folder = ROLES / role.removeprefix(OWN_MODULES) / "tasks"
    files, seen = [f"{entry.removesuffix('.yml')}.yml"], set()
    while role.startswith(OWN_MODULES) and files:
        name = files.pop()
        if name in seen or not (folder / name).is_file():
            continue
        seen.add(name)
        text = (folder / name).read_text(encoding="utf-8")
        yield from MODULE_LINE.findall(text)
        files += TASKS_LINE.findall(text)
