# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How an action is allowed: the words of the tables in actions.py and actions_eks.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Grant:
    """One way in which an action is allowed: on resources (patterns, see statements.RESOURCES), under conditions (names of those there).

    ``beside``: only for who is granted one of these actions too; empty for everybody. So a role that has no clusters gets nothing that
    only clusters need.
    """

    resources: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


REGIONAL = Grant(("*",), ("region",))
GLOBAL = Grant(("*",))
OWN = Grant(("ec2:*",), ("marked",))
