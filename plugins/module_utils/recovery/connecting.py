# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The connection of a module that belongs to no component, from its options."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..aws.connection import Aws
from ..aws.owner import Owner
from ..aws.roles import client_maker_as, role_of
from ..aws.session import client_maker, refused_endpoint
from ..component.interruption import interruptible
from ..reconcile.waiting import SystemClock

Make = Callable[..., Any]
"""Creates the client of a service."""


def clients(module: Any) -> tuple[Make, str]:
    """(what creates the clients with the module's credentials, the region). Ends the module if its options describe neither."""
    make, region, endpoint = client_maker(module)
    if reason := refused_endpoint(endpoint, os.environ):
        module.fail_json(msg=reason)
    if not region:
        module.fail_json(msg="region is not set: give the region option, or set AWS_REGION")
    return make, str(region)


def connected(module: Any, make: Make, region: str, clock: SystemClock) -> Aws:
    """The connection, as the role that the options name, if they name one."""
    role = role_of(module.params)
    return Aws(client_maker_as(module, make, role, clock.pause) if role else make, Owner("", ""), pause=clock.pause, region=region)


@contextmanager
def connection(module: Any, clock: SystemClock) -> Iterator[Aws]:
    """The connection for the time of the work in it, which an interruption stops."""
    make, region = clients(module)
    aws = connected(module, make, region, clock)
    try:
        with interruptible(clock.stop):
            yield aws
    finally:
        aws.close()
