# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs in an account with AWS's published rate limits: they slow down when throttled, and finish."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rehearsal.testing import Cloud

from .play import play, task
from .support import ACCOUNT, REGION, Requests, Site, network

RUNS = 3
RATE_CODES = ("RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException")


def run(cloud: Cloud, folder: Path, number: int) -> dict[str, Any]:
    home = folder / str(number)
    home.mkdir()
    options = {"component": f"network-{number}", "networks": {"main": network()}, "expected_account_id": ACCOUNT}
    return play(home, cloud.environment(), [task(options)])[0]


def test_processes_side_by_side_finish_and_are_seldom_refused(tmp_path: Path) -> None:
    """Processes do not coordinate. Each is throttled about once per successful call, not once per attempt."""
    with Cloud(account_id=ACCOUNT, region=REGION, settings={"rate_limits": "aws"}) as cloud:
        with ThreadPoolExecutor(RUNS) as pool:
            results = list(pool.map(lambda number: run(cloud, tmp_path, number), range(RUNS)))
        requests = cloud.admin.requests()
    assert [result["failed"] for result in results] == [False] * RUNS
    refused = [request["operation"] for request in requests if request["error_code"] in RATE_CODES]
    created = [request for request in requests if request["operation"] == "CreateVpcEndpoint" and not request["error_code"]]
    assert len(created) > 4, "no more endpoints than AWS takes at once: the test proves nothing"
    assert 0 < len(refused) <= 3 * len(created), refused


def test_any_call_may_be_refused(site: Site) -> None:
    site.cloud.admin.settings(rate_limits={"ec2:change": [1, 20], "ec2:read": [4, 50]})
    requests = Requests(site.cloud)
    site.apply(site.desired(main=network()))
    refused = [record["operation"] for record in requests.all() if record["error_code"] in RATE_CODES]
    assert "CreateSubnet" in refused
