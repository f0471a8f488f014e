# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How the figures of deployments are put together."""

from __future__ import annotations

import pytest

from benchmarks.deployments import REPLICAS, Verdict, line, manifest, median


@pytest.mark.parametrize(("seconds", "expected"), [([1.0, 3.0, 2.0], "2.00"), ([None, 3.0], "3.00"), ([None], "never"), ([], "never")])
def test_what_never_happened_is_left_out(seconds: list[float | None], expected: str) -> None:
    assert median(seconds) == expected


def test_different_verdicts_of_the_same_release_are_all_shown() -> None:
    found = [Verdict("failure", 2.0, None, None), Verdict("success", 4.0, 3.9, 3.9)]
    assert line(found).split() == ["3.00", "failure/success"]


def test_the_pods_behave_as_asked_and_say_when_they_are_ready() -> None:
    found = manifest("crash-loop", 2, 20.0)["spec"]
    assert (found["replicas"], found["progressDeadlineSeconds"]) == (REPLICAS, 20)
    assert found["template"]["metadata"]["annotations"] == {"rehearsal.mainstay/behavior": "crash-loop"}
    assert found["template"]["spec"]["containers"][0]["readinessProbe"]
