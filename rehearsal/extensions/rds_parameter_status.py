"""ParameterApplyStatus: which parameters of its group an instance runs with.

A dynamic parameter is `applying` for some seconds and then `in-sync`. A static one is `pending-reboot` until the instance is rebooted; no
maintenance window applies it ("Working with parameter groups" in the Amazon RDS User Guide).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.rds_life import KIND
from rehearsal.extensions.rds_parameter_catalog import Parameter, is_formula, parameters
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_servers import set_parameters

PRELOAD = "shared_preload_libraries"
APPLYING = 0.2
"""How long a dynamic parameter is being applied, as a share of the time of an instance's transitions."""


def status_of(instance: Any) -> str:
    record = record_of(instance)
    return "applying" if time.monotonic() < record.applying_until else record.apply_status


def in_effect(group: Any, name: str) -> str | None:
    """The value that a group gives a parameter, if the instance's server can take it; None: the server's own default."""
    change = group.parameters.get(name)
    value = change["ParameterValue"] if change else parameters(group.family)[name].value
    return None if not value or is_formula(value) else str(value)


def server_parameters(group: Any) -> dict[str, str]:
    """The modified parameters of a group and the libraries that RDS loads by default, as a server gets them."""
    values = {name: in_effect(group, name) for name in {*group.parameters, PRELOAD}}
    return {name: value for name, value in values.items() if value is not None}


def group_changed(backend: Any, group: Any, changed: Mapping[str, tuple[Parameter, str]]) -> None:
    """A group's parameters have changed, each with an apply method: tells the instances that use the group."""
    for instance in backend.databases.values():
        if instance.db_parameter_group_name != group.name:
            continue
        record = record_of(instance)
        now = {name for name, (one, method) in changed.items() if method == "immediate" and not one.static}
        if set(changed) - now:
            record.apply_status = "pending-reboot"
        if now:
            record.applying_until = time.monotonic() + APPLYING * transitions.delays.seconds_for(KIND)
            _apply(instance, group, now)


def _apply(instance: Any, group: Any, names: set[str]) -> None:
    """Gives an instance's server the values that a group has for these parameters."""
    effective = record_of(instance).effective
    for name in names:
        value = in_effect(group, name)
        if value is None:
            effective.pop(name, None)
        else:
            effective[name] = value
    set_parameters(instance, effective)


def group_replaced(instance: Any, before: Any, after: Any) -> None:
    """An instance has another group: its dynamic parameters are applied, its static ones wait for a reboot.

    RDS shows `pending-reboot` for a newly associated group in any case.
    """
    family = parameters(after.family)
    names = set(before.parameters) | set(after.parameters)
    now = {name for name in names if name in family and not family[name].static}
    record = record_of(instance)
    record.apply_status = "pending-reboot"
    record.applying_until = time.monotonic() + APPLYING * transitions.delays.seconds_for(KIND)
    _apply(instance, after, now)


def restarted(instance: Any, group: Any) -> dict[str, str]:
    """The instance's server is being restarted: all parameters of its group apply, and it is in sync. Returns their values."""
    record = record_of(instance)
    record.apply_status, record.effective = "in-sync", server_parameters(group)
    return dict(record.effective)
