# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Writes text to a file without a module: ``ansible.builtin.copy`` starts Python twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """``content``: the text. ``path``: the file, readable by its owner only. Check mode makes no difference."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        path = Path(self._task.args["path"])
        path.touch(mode=0o600)
        path.write_text(self._task.args["content"])
        return {"changed": False}
