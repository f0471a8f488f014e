"""Lets callers choose the ID of a KMS key."""

from __future__ import annotations

import re

from rehearsal.given_ids import take
from rehearsal.registry import adjusts

KEY_ID = re.compile(r"(mrk-)?[0-9a-f-]{32,36}")


@adjusts("kms")
def given_ids() -> None:
    from moto.kms import models

    made_up = models.generate_key_id

    def generate_key_id(multi_region: bool = False) -> str:
        return take(lambda identity: KEY_ID.fullmatch(identity) is not None) or made_up(multi_region)

    models.generate_key_id = generate_key_id
