# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Two runs that write the record of one bucket at the same time."""

from __future__ import annotations

import io
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.record import Record, written
from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.store import Store, Target
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed


class Bucket:
    """A bucket that already has another record."""

    def __init__(self, record: Record) -> None:
        self.content = written(record)
        self.asked: list[dict[str, Any]] = []

    def change(self, _service: str, _method: str, **params: Any) -> dict[str, Any]:
        self.asked.append(params)
        raise CallFailed("At least one of the pre-conditions you specified did not hold", "s3:PutObject", "PreconditionFailed")

    def read(self, _service: str, _method: str, **_params: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.content), "ETag": '"theirs"'}


@pytest.mark.parametrize(("etag", "condition"), [("", {"IfNoneMatch": "*"}), ('"mine"', {"IfMatch": '"mine"'})])
def test_the_record_of_another_run_is_not_overwritten(etag: str, condition: dict[str, str]) -> None:
    there: Any = Bucket(Record(7))
    with pytest.raises(CallFailed) as caught:
        Store(there, Target("web", "", "111122223333")).write(Record(2, etag=etag))
    assert caught.value.code == "Concurrent"
    assert condition.items() <= there.asked[0].items()
    assert there.asked[0]["ExpectedBucketOwner"] == "111122223333"


def test_a_record_that_is_there_already_was_written() -> None:
    there: Any = Bucket(Record(2))
    assert Store(there, Target("web", "", "111122223333")).write(Record(2)).etag == '"theirs"'
