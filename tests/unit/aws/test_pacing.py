# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How fast one process makes calls under AWS's rate limits."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.pacing import LONGEST_INTERVAL, Pacing


class Account:
    """A rate-limited operation of an account: burst and refill per second. Several processes, each with its own pacing, call it.

    Time advances only while they wait.
    """

    def __init__(self, burst: float, per_second: float) -> None:
        self.now = 0.0
        self.burst, self.per_second = burst, per_second
        self.tokens, self.filled_at = burst, 0.0
        self.refused = 0

    def takes(self) -> bool:
        self.tokens = min(self.burst, self.tokens + (self.now - self.filled_at) * self.per_second)
        self.filled_at = self.now
        taken = self.tokens >= 1
        self.tokens -= taken
        self.refused += not taken
        return taken

    def serve(self, processes: int, calls: int) -> list[float]:
        """Lets the processes make their calls in turn; returns each one's longest time without a successful call."""
        paces = [Pacing(lambda: self.now) for _ in range(processes)]
        left = [calls] * processes
        longest = [0.0] * processes
        while any(left):
            waits = []
            for number, pacing in enumerate(paces):
                while left[number] and not (wait := pacing.turn("CreateVpcEndpoint")):
                    if self.takes():
                        pacing.answered("CreateVpcEndpoint")
                        left[number] -= 1
                    else:
                        longest[number] = max(longest[number], pacing.refused("CreateVpcEndpoint", self.now))
                if left[number]:
                    waits.append(wait)
            self.now += min(waits, default=0.0)
        return longest


def test_within_the_allowance_nothing_waits() -> None:
    account = Account(burst=4, per_second=0.3)
    account.serve(1, 4)
    assert (account.now, account.refused) == (0, 0)


@pytest.mark.parametrize(
    ("processes", "calls", "seconds", "refusals_a_call"),
    [
        pytest.param(1, 60, 240, 1, id="sixty endpoints in one component"),
        pytest.param(10, 6, 240, 4, id="ten components with six endpoints each"),
    ],
)
def test_beyond_it_calls_get_through_about_as_fast_as_aws_allows(
    processes: int, calls: int, seconds: float, refusals_a_call: float
) -> None:
    """AWS lets 60 calls through in (60 - 4) / 0.3 = 187 seconds, whichever process makes them."""
    account = Account(burst=4, per_second=0.3)
    longest = account.serve(processes, calls)
    assert 186 <= account.now <= seconds + 1
    assert account.refused <= refusals_a_call * processes * calls
    assert max(longest) < 200, "a call is given up after 300 seconds"


def test_a_pace_is_kept_by_operation() -> None:
    pacing = Pacing(lambda: 0.0)
    assert pacing.turn("CreateVpc") == 0
    pacing.refused("CreateVpc", 0.0)
    assert pacing.turn("CreateVpc") > 0
    assert pacing.turn("CreateSubnet") == 0


def test_answers_speed_up_until_nothing_waits() -> None:
    pacing = Pacing(lambda: 0.0)
    for _ in range(4):
        pacing.refused("CreateVpc", 0.0)
    for _ in range(20):
        pacing.answered("CreateVpc")
    assert pacing.turn("CreateVpc") == 0
    assert pacing.turn("CreateVpc") == 0


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_calls_side_by_side_slow_down_once() -> None:
    clock = Clock()
    pacing = Pacing(clock)
    clock.now += 0.1
    for _ in range(16):
        pacing.refused("CreateVpc", sent_at=100.0)
    assert 0 < pacing.turn("CreateVpc") <= 0.4


def test_how_long_an_operation_has_been_refused() -> None:
    clock = Clock()
    pacing = Pacing(clock)
    assert pacing.refused("CreateVpc", clock.now) == 0
    clock.now += 10
    assert pacing.refused("CreateVpc", clock.now) == 10
    pacing.answered("CreateVpc")
    clock.now += 10
    assert pacing.refused("CreateVpc", clock.now) == 0, "a call got through in between"
    clock.now += 2 * LONGEST_INTERVAL + 1
    assert pacing.refused("CreateVpc", clock.now) == 0, "no calls for a while"
