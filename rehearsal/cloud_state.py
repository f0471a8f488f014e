"""The state of one running cloud that moto does not keep."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rehearsal import accounts, registry, transitions
from rehearsal.faults import Faults
from rehearsal.identities import Credentials, Identities
from rehearsal.kubernetes.fleet import fleet
from rehearsal.policies_in_force import InForce
from rehearsal.postgresql.cloud import current as databases
from rehearsal.rabbitmq.cloud import current as brokers
from rehearsal.rate_limits import RateLimits
from rehearsal.receivers.post import current as post
from rehearsal.request_log import RequestLog
from rehearsal.settings import Settings
from rehearsal.tokens import Tokens
from rehearsal.traffic import cloud as load_balancers
from rehearsal.valkey.cloud import current as caches
from rehearsal.visibility import Hidden


class CloudState:
    def __init__(
        self,
        account_id: str,
        region: str,
        roles: dict[str, Credentials],
        start_settings: dict[str, Any] | None = None,
        policies: dict[str, Any] | None = None,
    ) -> None:
        self.account_id = account_id
        self.region = region
        self.roles = roles
        self.identities = Identities(roles)
        self.policies = InForce(policies or {})
        self.start_settings = Settings().changed(start_settings or {})
        self.settings = self.start_settings
        self.log = RequestLog()
        self.faults = Faults()
        self.tokens = Tokens()
        self.rates = RateLimits()
        self.hidden = Hidden()
        self.scripts = transitions.scripts
        # Values that clients store until the next reset, by name.
        self.notes: dict[str, Any] = {}
        self.resets = 0
        self.lock = registry.one_at_a_time
        self.change_settings({})

    def account(self, account_id: str) -> dict[str, Any]:
        """An account that this cloud plays, with its keys by role; a further one is added at the first request. Raises ValueError."""
        own = accounts.check(account_id) == self.account_id
        keys = self.roles if own else self.identities.account(account_id)
        return {"account_id": account_id, "credentials": {role: asdict(credentials) for role, credentials in keys.items()}}

    def accounts(self) -> list[str]:
        """The accounts that this cloud plays, its first one first."""
        return [self.account_id, *self.identities.accounts()]

    def change_settings(self, changes: dict[str, Any]) -> None:
        self.settings = self.settings.changed(changes)
        transitions.delays.seconds_for = self.settings.seconds_for
        transitions.delays.errors_of = self.settings.errors_of
        transitions.delays.patience_for = self.settings.patience_seconds.__getitem__
        transitions.delays.leaked_interface_seconds = self.settings.leaked_interface_seconds
        transitions.delays.clock_ahead_seconds = self.settings.clock_ahead_seconds
        transitions.delays.restorable_lag_seconds = self.settings.restorable_lag_seconds
        transitions.delays.secret_rotation_seconds = self.settings.secret_rotation_seconds
        transitions.delays.traffic_seconds = self.settings.traffic_seconds
        transitions.delays.termination_scale = self.settings.termination_scale
        load_balancers.retime()
        post.known = self.settings.receivers

    def reset(self) -> None:
        """Restores the initial state: empty accounts, the initial settings, and no faults, scripts, tokens, or log."""
        self.resets += 1
        self.faults.clear()
        post.reset()
        load_balancers.forget()  # without the lock, for which the data plane may be waiting
        with self.lock:
            fleet.stop_all()
            databases.reset()
            caches.reset()
            brokers.reset()
            _empty_moto()
            self.tokens.clear()
            self.rates.clear()
            self.hidden.clear()
            self.identities.reset()
            self.policies.reset()
            self.scripts.clear()
            self.notes.clear()
            self.settings = self.start_settings
            self.change_settings({})
            self.log.clear()
        load_balancers.forget()  # what a controller published in the meantime


def _empty_moto() -> None:
    """Like moto's own reset, but keeps the lists of regions, because rebuilding them takes most of a reset's time."""
    from moto.core.base_backend import BackendDict, BaseBackend
    from moto.core.model_instances import reset_model_data

    for service in BackendDict._instances:
        for account in service.values():
            for backend in account.values():
                if type(backend).reset is not BaseBackend.reset:  # closes files, stops containers
                    backend.reset()
            account.clear()
    reset_model_data()
