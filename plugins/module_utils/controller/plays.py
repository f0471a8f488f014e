# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which modules of this collection a play will call, as far as that is known before it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..summary.collect import OWN_MODULES

ROLES = Path(__file__).resolve().parents[3] / "roles"
MODULE_LINE = re.compile(r"^ *(?:- )?(mainstay\.aws\.\w+):", re.MULTILINE)


def own_modules(play: Any) -> set[str]:
    """The names of the modules that an Ansible play calls, without the collection's name."""
    return {name.removeprefix(OWN_MODULES) for name in _actions(play) if name.startswith(OWN_MODULES)}


def _actions(play: Any) -> Iterator[str]:
    """The actions of a play's tasks and of its roles' tasks, at any depth."""
    blocks = [*play.pre_tasks, *play.tasks, *play.post_tasks]
    for role in play.get_roles():
        blocks += role.get_task_blocks()
    while blocks:
        part = blocks.pop()
        if hasattr(part, "block"):
            blocks += [*part.block, *part.rescue, *part.always]
        elif str(getattr(part, "action", "")).endswith("include_role"):
            yield from _actions_of_role(str(part.args.get("name", "")))
        elif getattr(part, "action", None):
            yield str(part.action)


def _actions_of_role(name: str) -> Iterator[str]:
    """The modules of this collection that one of its roles calls. Ansible loads the role only when it reaches the include."""
    if name.startswith(OWN_MODULES):
        for path in sorted((ROLES / name.removeprefix(OWN_MODULES) / "tasks").glob("*.yml")):
            yield from MODULE_LINE.findall(path.read_text(encoding="utf-8"))
