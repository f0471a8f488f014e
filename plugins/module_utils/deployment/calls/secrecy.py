# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keeps the secrets among a module's options out of everything that it returns or prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...cluster_objects.echo import Echo, mask_in_output
from ...cluster_objects.hiding import Hiding
from ...domains.cluster_content.releases.release import secrets_in, shown_values
from ...reconcile.model import SENSITIVE
from .options import secrets_of_probes


def hide(module: Any) -> None:
    """Keep secrets out of the module's echoed options and out of all messages."""
    params = module.params
    echo = Echo(Hiding(params["sensitive"]))
    params["objects"] = [echo.manifest(manifest) for manifest in params["objects"] or ()]
    if params["migration"]:
        echo.manifest(params["migration"])
    mask_in_output(module, [*echo.secrets, *secrets_of_probes(params), *secrets_of_chart(params)])
    params["chart"] = sorted(params["chart"])  # Ansible echoes options


def secrets_of_chart(params: Any) -> list[str]:
    """The secrets among the values of a chart."""
    values = (params.get("chart") or {}).get("values")
    if not isinstance(values, Mapping):
        return []
    shown = Hiding(params.get("sensitive") or ()).wanted(None, shown_values(values))
    return secrets_in(values, [path for path, value in shown.items() if value == SENSITIVE])
