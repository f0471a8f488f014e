# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The part of the summary about resources that no host of the inventory claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..text.foreign import quoted
from ..text.names import OWNER_NAME
from .model import Report, UnclaimedResource
from .text import Line, line, safe, wrap

NAMED = 15
"""How many resources of a component are named; an account can hold thousands of them."""


def unclaimed(report: Report, width: int) -> list[Line]:
    """What was found, by component; or why no search took place. Empty if everything is claimed or no search was requested."""
    lines: list[Line] = []
    for unclaimed in report.unclaimed:
        if not unclaimed.looked:
            why = unclaimed.reason or "the run sees only a part of the inventory (--limit or --tags)"
            lines += wrap(
                [(f"unclaimed resources in {safe(unclaimed.region)} were not searched for: {safe(why)}", "dim")], width, hanging=4
            )
    found = {stray.arn: stray for unclaimed in report.unclaimed for stray in unclaimed.resources}
    if found:
        lines.append(line(("not claimed by any host", "bold"), ("  left alone", "dim")))
        lines += _by_component(found.values(), width)
    return lines


def _by_component(unclaimed: Iterable[UnclaimedResource], width: int) -> Iterator[Line]:
    grouped: dict[str, list[UnclaimedResource]] = {}
    for stray in unclaimed:
        grouped.setdefault(stray.component, []).append(stray)
    for component, members in grouped.items():
        shown = [(quoted(stray.address) if stray.address else "(no address)", quoted(stray.arn)) for stray in members[:NAMED]]
        column = max(len(address) for address, _arn in shown)
        yield line((f"  {quoted(component) if component else '(no component)'}", "warn"), (f"  {len(members)}", "dim"))
        for address, arn in shown:
            yield from wrap([(f"      {address.ljust(column)}  ", ""), (arn, "dim")], width, hanging=8)
        if len(members) > NAMED:
            yield line((f"      and {len(members) - NAMED} more", "dim"))
        if OWNER_NAME.fullmatch(component):
            command = f"playbooks/remove_unclaimed.yml --extra-vars component={component}"
            yield from wrap([(f"      remove with: {command}", "dim")], width, hanging=8)
        elif component:
            yield line(("      its name is none that a component can have; remove it by hand", "dim"))
