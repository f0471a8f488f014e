# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A read replica in another region: made there, changed there, and deleted before its primary."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from tests.integration.conftest import CloudFor
from tests.integration.site import Requests, summary, touched

from .instance_site import ACCOUNT, MAIN, PURGE, READER, REGION, Options, Site

AWAY = "eu-central-1"


class TwoRegions(Site):
    """A site whose calls look in a second region, where a subnet group and a key exist."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rds_away, ec2, kms = (self.cloud.client(service, region=AWAY) for service in ("rds", "ec2", "kms"))
        vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=f"{AWAY}{zone}")["Subnet"]["SubnetId"]
            for n, zone in enumerate("ab")
        ]
        self.rds_away.create_db_subnet_group(DBSubnetGroupName="db", DBSubnetGroupDescription="x", SubnetIds=subnets)
        self.key_away = str(kms.create_key()["KeyMetadata"]["Arn"])

    def aws(self, role: str = "apply") -> Aws:
        aws = Aws(lambda service, region=REGION: watch(self.cloud.client(service, role, region)), self.owner, region=REGION)
        aws.also_in([AWAY])
        return aws

    def away(self, **more: Any) -> Resource:
        there = {"source_db_instance_identifier": ref("db_instance.main", "arn"), "region": AWAY, "kms_key_id": self.key_away}
        return self.reader(**there, db_subnet_group_name="db", **more)


@pytest.fixture
def site(cloud_for: CloudFor) -> TwoRegions:
    return TwoRegions(cloud_for(account_id=ACCOUNT, region=REGION, settings={"databases": False, "control_planes": False}))


def test_a_replica_in_another_region(site: TwoRegions) -> None:
    main = site.main(master_credentials=site.secret("Correct-Horse-1"))
    desired = [main, site.away()]
    site.apply(desired)
    found = site.rds_away.describe_db_instances(DBInstanceIdentifier=READER)["DBInstances"][0]
    assert found["ReadReplicaSourceDBInstanceIdentifier"] == site.describe()["DBInstanceArn"]
    assert site.names() == [MAIN]
    requests = Requests(site.cloud)
    assert summary(site.apply(desired).plan) == {}
    assert requests.changes() == []
    changed = [main, site.away(db_instance_class="db.t4g.large")]
    assert touched(site.plan(changed)) == {"db_replica.main/reader": {"db_instance_class"}}
    site.apply(changed)
    site.options = {MAIN: Options(allow_major_upgrade=True)}
    failures = site.try_apply(
        [site.main(engine_version="18", master_credentials=main.properties["master_credentials"]), *changed[1:]]
    ).failures
    assert "in other regions" in failures[0].message
    site.apply([], purge=PURGE)
    assert site.rds_away.describe_db_instances()["DBInstances"] == []
    assert site.names() == []
