# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The connection of a module that belongs to no component, from its options, and how such a module ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ..component.interruption import hand_over
from ..component.progress import Channel
from .run import FAILED, INTERRUPTED, REFUSED

EXIT_CODES = {FAILED: 3, REFUSED: 4}


def refuse(module: Any, problems: list[str]) -> NoReturn:
    """End with everything that is wrong with the options."""
    module.fail_json(msg="\n".join(problems), state=REFUSED, reason="options", exit_code=EXIT_CODES[REFUSED])
    raise AssertionError("fail_json does not return")


def end(module: Any, result: Mapping[str, Any], notes: tuple[str, ...]) -> NoReturn:
    """End with the result; the notes become warnings."""
    if result["reason"] == INTERRUPTED:
        hand_over(Channel.host, dict(result))
    for note in notes:
        warn(note)
    if result["exit_code"]:
        module.fail_json(**result)
    module.exit_json(**result)
    raise AssertionError("exit_json does not return")
