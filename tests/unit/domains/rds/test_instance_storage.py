# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Storage: what goes together into a call, what must never be in it, and what autoscaling owns."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_storage as storage

SMALL = {"StorageType": "gp3", "AllocatedStorage": 100, "Iops": 3000, "StorageThroughput": 125}
LARGE = {"StorageType": "gp3", "AllocatedStorage": 500, "Iops": 14000, "StorageThroughput": 600}
IO1 = {"StorageType": "io1", "AllocatedStorage": 200, "Iops": 2000}
GP2 = {"StorageType": "gp2", "AllocatedStorage": 100}


@pytest.mark.parametrize(
    ("name", "raw", "left", "expected"),
    [
        ("nothing", SMALL, {"multi_az": True}, {}),
        ("growing below the threshold", SMALL, {"allocated_storage": 200}, {"AllocatedStorage": 200}),
        ("iops below the threshold", SMALL, {"iops": 4000, "storage_throughput": 200}, {}),
        (
            "growing across the threshold takes at least the baseline",
            SMALL,
            {"allocated_storage": 400},
            {"AllocatedStorage": 400, "Iops": 12000, "StorageThroughput": 500},
        ),
        (
            "growing above the threshold keeps what it has",
            LARGE,
            {"allocated_storage": 600},
            {"AllocatedStorage": 600, "Iops": 14000, "StorageThroughput": 600},
        ),
        ("iops alone", LARGE, {"iops": 16000}, {"AllocatedStorage": 500, "Iops": 16000, "StorageThroughput": 600}),
        ("throughput alone", LARGE, {"storage_throughput": 700}, {"AllocatedStorage": 500, "Iops": 14000, "StorageThroughput": 700}),
        ("io1 to gp3 below the threshold", IO1, {"storage_type": "gp3"}, {"StorageType": "gp3"}),
        (
            "io1 to gp3 above the threshold",
            {**IO1, "AllocatedStorage": 400},
            {"storage_type": "gp3"},
            {"StorageType": "gp3", "AllocatedStorage": 400, "Iops": 12000, "StorageThroughput": 500},
        ),
        ("io1 growing", IO1, {"allocated_storage": 300}, {"AllocatedStorage": 300, "Iops": 2000}),
        ("gp2 to io2", GP2, {"storage_type": "io2", "iops": 3000}, {"StorageType": "io2", "AllocatedStorage": 100, "Iops": 3000}),
        ("shrinking is no call", LARGE, {"allocated_storage": 100}, {"AllocatedStorage": 500, "Iops": 14000, "StorageThroughput": 600}),
    ],
)
def test_one_coupled_change(name: str, raw: dict[str, Any], left: dict[str, Any], expected: dict[str, Any]) -> None:
    assert (name, storage.storage_change(raw, left)) == (name, expected)


@pytest.mark.parametrize(("desired", "observed", "expected"), [(100, None, 100), (100, 150, 150), (200, 150, 200), (None, 150, 150)])
def test_autoscaled_storage_is_no_drift(desired: int | None, observed: int | None, expected: int) -> None:
    assert storage.kept_size(desired, observed) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"AllocatedStorage": 100, "StorageType": "gp3", "Iops": 3000, "StorageThroughput": 125}, {"AllocatedStorage", "StorageType"}),
        ({"AllocatedStorage": 400, "StorageType": "gp3", "Iops": 12000}, {"AllocatedStorage", "StorageType", "Iops"}),
        ({"AllocatedStorage": 100, "StorageType": "io2", "Iops": 1000}, {"AllocatedStorage", "StorageType", "Iops"}),
    ],
)
def test_the_create_call_has_no_iops_below_the_threshold(sent: dict[str, Any], expected: set[str]) -> None:
    assert set(storage.storage_in_create(sent)) == expected


@pytest.mark.parametrize(
    ("size", "limit", "said"), [(100, 200, False), (100, 126, False), (100, 125, True), (180, 200, True), (100, None, False)]
)
def test_a_limit_that_is_nearly_reached(size: int, limit: int | None, said: bool) -> None:
    assert bool(storage.limit_note("storage.autoscale_to", size, limit)) is said


def test_grown_storage_is_mentioned() -> None:
    assert "150 GiB" in storage.grown_note("storage.size", 100, 150)
    assert not storage.grown_note("storage.size", 150, 150)
