# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A restored instance takes the place of one of the role rds: after the cut-over, the role plans nothing."""

from __future__ import annotations

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock
from ansible_collections.mainstay.aws.plugins.module_utils.restore import cutover
from ansible_collections.mainstay.aws.plugins.module_utils.restore.plan import Limits, Plan
from ansible_collections.mainstay.aws.plugins.module_utils.restore.run import Restore
from rehearsal.testing import Cloud
from tests.integration.rds.support import REGION, Site, database
from tests.integration.site import summary

MAIN = "prod-main"
DATABASES = {
    "main": database(
        parameters={"max_locks_per_transaction": 80},
        storage={"size": 100, "autoscale_to": 200},
        maintenance={"apply": "now", "window": "sun:05:00-sun:06:00"},
        backups={"retention_days": 7, "window": "02:00-03:00"},
    )
}


def test_the_role_plans_nothing_after_a_restore_and_a_cut_over(cloud: Cloud) -> None:
    site = Site(cloud)
    site.apply(site.desired(DATABASES))
    desired = site.desired(DATABASES)
    assert summary(site.plan(desired)) == {}
    before = site.ids()
    rds = cloud.client("rds")
    resource = rds.describe_db_instances(DBInstanceIdentifier=MAIN)["DBInstances"][0]["DbiResourceId"]
    rds.create_db_snapshot(DBSnapshotIdentifier="one", DBInstanceIdentifier=MAIN)
    clock = SystemClock()
    aws = Aws(lambda service: watch(cloud.client(service)), Owner("", ""), pause=clock.pause, region=REGION)
    try:
        restored = Restore(aws, clock, Plan(MAIN, "copy", snapshot="one", limits=Limits(20, 20, 0.1)), lambda *_said: None).run()
        assert restored.state == "done", restored.sentence
        assert summary(site.plan(desired)) == {}
        found = cutover.CutOver(aws, clock, cutover.Plan(MAIN, "copy", timeout=20, poll=0.1), lambda *_said: None).run()
        assert found.state == "done", found.sentence
    finally:
        aws.close()
    assert summary(site.plan(site.desired(DATABASES))) == {}
    assert site.ids() == before
    assert rds.describe_db_instances(DBInstanceIdentifier=MAIN)["DBInstances"][0]["DbiResourceId"] != resource
