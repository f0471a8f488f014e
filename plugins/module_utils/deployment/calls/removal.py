# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module app_release with state absent: removes an application from its cluster."""

from __future__ import annotations

import time
from typing import Any, NoReturn

from ...component.interruption import interruptible
from ...component.progress import progress
from ...kubernetes.problems import ApiProblem
from ..modes.helm_removal import Charts
from ..planning import removal as planned
from ..removal import Removal, RemovalWish
from ..wish import Outcome
from .answer import answer
from .connecting import connection
from .options import problems_of
from .secrecy import hide


def run(module: Any) -> NoReturn:
    """Plan the removal in check mode, or remove the application. A cluster that does not exist has none. Ends the module."""
    began = time.monotonic()
    params = module.params
    hide(module)
    if problems := problems_of(params):
        module.fail_json(msg="\n".join(problems))
    found = connection(module, needed=False)
    if found.api is None:
        nothing = Outcome(plan=planned(()), notes=["the cluster does not exist"])
        answer(module, found, nothing, time.monotonic() - began)
    wish = RemovalWish(params["removal_timeout"], params["lock_wait"], params["hold"])
    removal = Removal(found.cluster(params, []), wish, progress, found.holding(params), found.registry(), Charts(params["helm_binary"]))
    if module.check_mode:
        try:
            removal.plan()
        except ApiProblem as problem:
            module.fail_json(msg=f"What there is to remove could not be read: {problem}. Nothing was changed.")
        answer(module, found, removal.outcome, time.monotonic() - began)
    with interruptible(found.bell.stop):
        outcome = removal.run()
    answer(module, found, outcome, time.monotonic() - began)
