# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Applies a saved plan one change at a time, and checks after each whether the same plan could be continued from there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import take
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Settings, observe, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.drift import refusal
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.part import Context
from tests.integration.site import Component


class Watching(Aws):
    """A connection that makes one change at a time and checks after each whether the saved plan could be continued from there."""

    def __init__(self, site: Component, ask: Callable[[], list[str]]) -> None:
        super().__init__(lambda service: watch(site.cloud.client(service)), site.owner)
        self.ask = ask
        self.one = threading.Lock()
        self.refusals: dict[str, list[str]] = {}
        self.changes = 0

    def change(self, service: str, method: str, **params: Any) -> dict[str, Any]:
        with self.one:
            reply = super().change(service, method, **params)
            self.changes += 1
            if reasons := self.ask():
                self.refusals[f"{self.changes}: {method} {params}"] = reasons
            return reply


def refusals_at_every_change(
    site: Component, saved: Mapping[str, Any], desired: Sequence[Resource], kinds: Mapping[str, Kind], consent: Consent, context: Context
) -> tuple[int, dict[str, list[str]]]:
    """(the number of changes that the apply made, the refusals of the plan by change). Observes as a module does."""

    def look(aws: Aws) -> list[Observed]:
        return take({}, {}, desired, observe(kinds, aws), kinds, aws, lambda _kind, _address: False)

    looking = site.aws("plan")
    aws = Watching(site, lambda: refusal(saved, desired, look(looking), consent, context, kinds))
    result = reconcile(desired, look(aws), kinds, aws, Settings(consent, site.patience))
    assert list(result.failures) == []
    return aws.changes, aws.refusals
