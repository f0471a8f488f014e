"""Transitional states of EC2 resources."""

from __future__ import annotations

from rehearsal import transitions
from rehearsal.registry import adjusts


@adjusts("ec2")
def show_states_on_the_way() -> None:
    transitions.install("ec2")
