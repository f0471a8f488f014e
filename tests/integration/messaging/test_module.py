# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules as users run them: queues made by hand are adopted under their names, and looked up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns
from tests.integration.site import Requests

from .support import ACCOUNT, REGION, Site

OWNER = {"environment": "prod", "component": "queues", "region": REGION, "expected_account_id": ACCOUNT}
FAST = {"poll_interval": 0.05, "settle_seconds": 1.0}
ADOPT = {"message_queue.jobs": "legacy", "message_queue.jobs/dead-letter": "legacy-failed"}


def test_queues_are_adopted_as_they_are_named_and_put_in_order(site: Site, cloud: Cloud, tmp_path: Path) -> None:
    """The old ones are not encrypted, and any queue may use the dead-letter queue."""
    sqs = cloud.client("sqs")
    plain = {"SqsManagedSseEnabled": "false"}
    sqs.create_queue(QueueName="legacy-failed", Attributes=plain)
    sqs.create_queue(QueueName="legacy", Attributes={**plain, "MaximumMessageSize": "262144", "VisibilityTimeout": "77"})
    site.send("legacy", 2)
    runs = ModuleRuns(cloud, tmp_path)

    def call(**more: Any) -> dict[str, Any]:
        return runs.run_module("messaging", {**OWNER, **FAST, "queues": {"jobs": {}}, "adopt": ADOPT, **more}, "apply")

    first = call()
    assert not first.get("failed"), first
    jobs, failed = site.queue("legacy"), site.queue("legacy-failed")
    assert (jobs["SqsManagedSseEnabled"], jobs["MaximumMessageSize"], jobs["VisibilityTimeout"]) == ("true", "262144", "77")
    assert failed["QueueArn"] in jobs["RedrivePolicy"]
    assert jobs["QueueArn"] in failed["RedriveAllowPolicy"]
    assert jobs["ApproximateNumberOfMessages"] == "2"
    second = call(adopt={})
    assert (second["changed"], second.get("failed")) == (False, None), second
    found = runs.run_module("messaging_info", {**OWNER}, "plan")["outputs"]["queues"]["jobs"]
    assert (found["name"], found["dead_letter_name"], found["arn"]) == ("legacy", "legacy-failed", jobs["QueueArn"])


def test_a_renamed_queue_keeps_its_name_in_aws_and_its_messages(site: Site, cloud: Cloud, tmp_path: Path) -> None:
    runs = ModuleRuns(cloud, tmp_path)
    site.bring({"email": {"fifo": True}})
    since = Requests(cloud)
    done = runs.run_module("messaging", {**OWNER, **FAST, "queues": {"mail": {"fifo": True}}, "moved": {"email": "mail"}}, "apply")
    assert not done.get("failed"), done
    assert set(since.changes()) <= {"sqs:TagQueue", "sqs:UntagQueue", "ssm:PutParameter", "ssm:DeleteParameter", "ssm:AddTagsToResource"}
    assert done["outputs"]["queues"]["mail"]["name"] == "prod-email.fifo"
    assert done["outputs"]["queues"]["mail"]["dead_letter_name"] == "prod-email-dead-letter.fifo"
