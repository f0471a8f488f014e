# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ordinary strategy: apply everything, and let the workloads' own update strategies replace the pods."""

from __future__ import annotations

from ...cluster_objects.manifest import Wanted
from ..transaction import Transaction

ROUTING = ("Service", "Ingress")


def roll_out(release: Transaction) -> None:
    """Apply what comes after the migration, and verify it. Raises what ``Transaction`` raises; it then goes back.

    What leads requests somewhere now changes last if the release brings new Deployments: it may lead to them, and they have no pods yet.
    """
    routing = _leading_to_new(release)
    if routing:
        release.apply([one for one in release.rest if one not in routing])
        release.verify(None, quiet(release))
    release.apply(release.rest)
    release.verify()


def _leading_to_new(release: Transaction) -> list[Wanted]:
    """The live Services and Ingresses that change, if Deployments are created too."""
    changing = release.outcome.plan.changing if release.outcome.plan else ()
    if not any(look.one.kind == "Deployment" and look.live is None for look in changing):
        return []
    return [look.one for look in changing if look.one.kind in ROUTING and look.live is not None]


def quiet(release: Transaction) -> dict[str, object]:
    """The verification of pods alone, without requests and metrics, which are for the end."""
    return {
        **release.wish.verification,
        "probes": [],
        "metrics": [],
        "bake": dict.fromkeys(("duration", "initial_delay", "extension"), 0.0),
    }
