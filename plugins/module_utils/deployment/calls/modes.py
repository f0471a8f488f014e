# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The strategies of the modes in which another program applies what runs, connected to the cluster of a call."""

from __future__ import annotations

from ..modes.argo_cd import Application, ArgoMode
from ..modes.helm_release import Chart, HelmMode
from ..modes.settings import Other
from ..transaction import ShapingStrategy
from .connecting import Connection


def mode_of(other: Other, found: Connection) -> ShapingStrategy | None:
    """None in mode apply."""
    if isinstance(other, Chart):
        return HelmMode(other, found.link)
    return ArgoMode(other) if isinstance(other, Application) else None
