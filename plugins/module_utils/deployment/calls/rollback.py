# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module app_rollback: goes back to an earlier release."""

from __future__ import annotations

import time
from typing import Any, NoReturn

from ...cluster_objects.echo import mask_in_output
from ...component.interruption import interruptible
from ...component.progress import progress
from ...kubernetes.problems import ApiProblem
from ..modes import settings as modes
from ..record import RecordProblem
from ..rollback import Rollback, RollbackWish
from ..verification import options_of
from .answer import answer
from .connecting import connection
from .modes import mode_of
from .options import problems_of, secrets_of_probes
from .secrecy import secrets_of_chart


def run(module: Any) -> NoReturn:
    """Plan a rollback in check mode, or go back. Ends the module."""
    began = time.monotonic()
    params = module.params
    mask_in_output(module, [*secrets_of_probes(params), *secrets_of_chart(params)])
    other, unfit = modes.for_way_back(params)
    verification, wrong = options_of(params["verification"], params["namespace"], params["poll_interval"])
    params["chart"] = sorted(params["chart"])  # Ansible echoes options
    if problems := [*problems_of(params), *unfit, *wrong]:
        module.fail_json(msg="\n".join(problems))
    found = connection(module, needed=True)
    wish = RollbackWish(params["to"], params["reason"], verification, params["keep"], params["lock_wait"], found.caller)
    rollback = Rollback(
        found.cluster(params, []),
        wish,
        found.verification(params),
        progress,
        found.holding(params),
        registry=found.registry(),
        strategy=mode_of(other, found),
    )
    if module.check_mode:
        try:
            rollback.plan()
        except (ApiProblem, RecordProblem) as problem:
            module.fail_json(msg=f"{str(problem).rstrip('.')}. Nothing was changed.")
        answer(module, found, rollback.outcome, time.monotonic() - began)
    with interruptible(found.bell.stop):
        outcome = rollback.run()
    answer(module, found, outcome, time.monotonic() - began)
