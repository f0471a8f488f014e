# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module app_release_info: the history of an application's releases."""

from __future__ import annotations

from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ...kubernetes.problems import ApiProblem
from ..history import History
from ..record import last_verified
from .connecting import connection
from .options import problems_of


def run(module: Any) -> NoReturn:
    """Return the recorded releases, the newest first. Ends the module."""
    if problems := problems_of(module.params):
        module.fail_json(msg="\n".join(problems))
    found = connection(module, needed=False)
    if found.api is None:
        module.exit_json(changed=False, releases=[], current=None)
    history = History(found.cluster(module.params, []))
    try:
        releases = history.read()
    except ApiProblem as problem:
        module.fail_json(msg=f"The releases could not be read: {problem}")
        raise AssertionError("fail_json does not return") from problem
    for text in history.unreadable:
        warn(text)
    current = last_verified(releases)
    module.exit_json(changed=False, releases=[one.shown() for one in releases], current=current.shown() if current else None)
    raise AssertionError("exit_json does not return")
