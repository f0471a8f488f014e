"""Lets callers choose EC2 IDs: vpc-..., subnet-..., ami-..., pl-..., and all others that moto generates in the same place."""

from __future__ import annotations

from rehearsal.given_ids import take
from rehearsal.registry import adjusts


@adjusts("ec2")
def given_ids() -> None:
    from moto.ec2 import utils

    made_up = utils.random_id

    def random_id(prefix: str = "", size: int = 17) -> str:
        return take(lambda identity: identity.rpartition("-")[0] == prefix) or made_up(prefix, size)

    utils.random_id = random_id
