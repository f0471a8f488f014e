# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The connection of a module that belongs to no component, from its options, and how such a module ends."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NoReturn

from ..aws.connection import Aws
from ..aws.owner import Owner
from ..aws.roles import client_maker_as, role_of
from ..aws.session import client_maker, refused_endpoint
from ..component.interruption import hand_over
from ..component.progress import Channel
from ..reconcile.waiting import Clock
from .run import FAILED, INTERRUPTED, REFUSED

EXIT_CODES = {FAILED: 3, REFUSED: 4}


def refuse(module: Any, problems: list[str]) -> NoReturn:
    """End with everything that is wrong with the options."""
    module.fail_json(msg="\n".join(problems), state=REFUSED, reason="options", exit_code=EXIT_CODES[REFUSED])
    raise AssertionError("fail_json does not return")


def connected(module: Any, clock: Clock) -> Aws:
    """The connection that the module's options describe. Ends the module if they describe none."""
    make, region, endpoint = client_maker(module)
    if reason := refused_endpoint(endpoint, os.environ):
        module.fail_json(msg=reason)
    if not region:
        module.fail_json(msg="region is not set: give the region option, or set AWS_REGION")
    if role := role_of(module.params):
        make = client_maker_as(module, make, role, clock.pause)
    return Aws(make, Owner("", ""), pause=clock.pause, region=str(region))


def end(module: Any, result: Mapping[str, Any], notes: tuple[str, ...]) -> NoReturn:
    """End with the result; the notes become warnings."""
    if result["reason"] == INTERRUPTED:
        hand_over(Channel.host, dict(result))
    for note in notes:
        module.warn(note)
    if result["exit_code"]:
        module.fail_json(**result)
    module.exit_json(**result)
    raise AssertionError("exit_json does not return")
