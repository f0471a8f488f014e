"""AUTH tokens over time: "Modifying the AUTH token on an existing cluster" in the Amazon ElastiCache User Guide. Pure.

ROTATE admits a further token next to the previous one, or next to none if there was none; of three, the oldest is dropped. SET completes a
rotation: only the token that was rotated last remains. DELETE is for a group that gets a user group instead.
"""

from __future__ import annotations

from datetime import datetime

from rehearsal.extensions.elasticache_record import Tokens
from rehearsal.query_api import contradictory, invalid

MOST = 2
ROTATE, SET, DELETE = "ROTATE", "SET", "DELETE"
STATUS = {ROTATE: "ROTATING", SET: "SETTING", DELETE: "SETTING"}


def changed(before: Tokens, strategy: str, token: str | None, *, from_users: bool, at: datetime) -> Tokens:
    """The tokens after a change. `from_users`: the group gives up its user group in the same call. Raises AWS's error."""
    if strategy == DELETE:
        return Tokens(changed=at)
    if token is None:
        raise contradictory("The AUTH token must be specified with the AUTH token update strategy.")
    if strategy == ROTATE:
        if token in before.valid:
            raise invalid("The AUTH token must differ from the tokens that are in use.")
        return Tokens((*before.valid, token)[-MOST:], optional=before.optional and not before.valid, rotated=True, changed=at)
    if from_users:
        return Tokens((token,), optional=False, changed=at)
    if not before.rotated:
        raise contradictory("The AUTH token update strategy SET is allowed only after ROTATE.")
    if token != before.valid[-1]:
        raise invalid("Invalid AuthToken provided. With the strategy SET, it must be the token that was rotated last.")
    return Tokens((token,), optional=False, changed=at)
