# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether the session's credentials remain valid until the end of the run.

Only credentials from the environment have a fixed expiration: they were exported from elsewhere, with their expiration time in a variable
next to them. botocore refreshes credentials from a profile, a credential process, a web identity or an instance role before they expire.
For all other credentials the expiration is unknown, which is not an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..reconcile.model import Kind
from ..reconcile.planner import Action

VARIABLES = ("AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION")
"""Variables in which `aws configure export-credentials --format env` and similar tools write the expiration; the first one set is used."""


@dataclass(frozen=True)
class End:
    """When credentials expire, and the variable that says so."""

    at: datetime
    variable: str

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} UTC"


def end_of(access_key: str | None, profile: str | None, environment: Mapping[str, str]) -> End | None:
    """When the credentials that a module uses expire; None if that is unknown or if they are refreshed.

    Raises ValueError if the variable does not hold a valid time.
    """
    if profile or not access_key or access_key not in (environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_ACCESS_KEY")):
        return None
    variable = next((name for name in VARIABLES if environment.get(name)), None)
    if variable is None:
        return None
    try:
        at = datetime.fromisoformat(environment[variable].strip())
    except ValueError:
        raise ValueError(
            f"{variable} is {environment[variable]!r}, which is not a time such as 2026-01-31T12:00:00Z; correct or unset it"
        ) from None
    return End((at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC), variable)


def longest(actions: Iterable[Action], kinds: Mapping[str, Kind], timeout: float | None = None) -> tuple[float, str]:
    """(seconds, address) of the action that may take longest, which is how long the run must be able to make calls."""
    takes = [(timeout or _limit(action, kinds[action.kind]), action.address) for action in actions]
    return max(takes, key=lambda one: one[0], default=(0.0, ""))


def _limit(action: Action, kind: Kind) -> float:
    verbs = ("create", "delete") if action.verb == "replace" else (action.verb,)
    return max(kind.timeouts.get(verb, kind.timeout) for verb in verbs)


def shortage(end: End, now: datetime, needed: float, address: str) -> str | None:
    """Why the credentials expire too soon, in one or two sentences that say what to do; None if they last."""
    if not address or end.at - now >= timedelta(seconds=needed):
        return None
    left = (end.at - now).total_seconds()
    when = f"expire at {end}, in {duration_text(left)}" if left > 0 else f"expired at {end}"
    return (
        f"The credentials {when} ({end.variable}), and this run may need {duration_text(needed)}, the longest that {address} may take. "
        f"Get credentials with a longer lifetime, or use a profile, whose credentials are renewed. If {end.variable} does not belong to "
        "these credentials, unset it."
    )


def duration_text(seconds: float) -> str:
    """A duration for people: in whole minutes, or in seconds if it is less than one minute."""
    number, unit = (int(seconds // 60), "minute") if seconds >= 60 else (int(seconds), "second")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def life_warning(
    params: Mapping[str, Any], environment: Mapping[str, str], actions: Iterable[Action], kinds: Mapping[str, Kind]
) -> str | None:
    """What is wrong with the lifetime of a module's credentials, given the actions it is about to take."""
    try:
        end = end_of(params.get("access_key"), params.get("profile"), environment)
    except ValueError as error:
        return str(error)
    return shortage(end, datetime.now(UTC), *longest(actions, kinds, params.get("timeout"))) if end else None
