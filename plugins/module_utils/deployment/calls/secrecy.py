# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keeps the secrets among a module's options out of everything that it returns or prints."""

from __future__ import annotations

from typing import Any

from ...cluster_objects.echo import Echo, mask_in_output
from ...cluster_objects.hiding import Hiding
from .options import secrets_of_probes


def hide(module: Any) -> None:
    """Keep secrets out of the module's echoed options and out of all messages."""
    params = module.params
    echo = Echo(Hiding(params["sensitive"]))
    params["objects"] = [echo.manifest(manifest) for manifest in params["objects"] or ()]
    if params["migration"]:
        echo.manifest(params["migration"])
    mask_in_output(module, [*echo.secrets, *secrets_of_probes(params)])
