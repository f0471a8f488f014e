# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""playbooks/load_data.yml with an inventory: the seeds that it describes, and one dump of another host."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.testing import Cloud
from tests.integration.eks_operations.site import Site
from tests.integration.rds.servers import login_in, with_secret
from tests.integration.refresh.support import Accounts
from tests.integration.site import Requests

from .dumps import COUNTS, PERSONAL
from .support import ACCOUNT, REGION

PLAYBOOK, INSTANCE = "playbooks/load_data.yml", "dev-main"
SEED = """CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY, email text NOT NULL);
INSERT INTO users (email) SELECT n || '@example.com' FROM generate_series(1, 10) AS n;
"""


@pytest.fixture
def site(shared_cloud: Cloud, tmp_path: Path) -> Site:
    """An inventory of dev whose instance is there, with two empty databases."""
    rds, key = shared_cloud.client("rds"), shared_cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    Accounts.create(rds, INSTANCE, "dev", key, ManageMasterUserPassword=True, DBName="app")
    with with_secret(shared_cloud, INSTANCE, master(shared_cloud), "app") as connection:
        connection.execute("CREATE DATABASE community")
    (tmp_path / "seed.sql").write_text(SEED)
    made = Site(shared_cloud, tmp_path, {"rds": ["database"]})
    checks = {"addresses lead nowhere": "SELECT FROM users WHERE email NOT LIKE '%@example.com'"}
    seeds = {"instance": "main", "database": "app", "files": ["{{ inventory_dir }}/seed.sql"], "expect": {"users": 10}, "checks": checks}
    made.variables = {
        "platform_environment": "dev",
        "platform_region": REGION,
        "platform_account_id": ACCOUNT,
        "rds_databases": {"main": {"version": "17", "class": "db.t4g.micro", "storage": {"size": 20}, "databases": {"app": None}}},
        "rds_load": [seeds],
    }
    return made


def master(cloud: Cloud) -> str:
    found = cloud.client("rds").describe_db_instances(DBInstanceIdentifier=INSTANCE)["DBInstances"][0]
    return str(found["MasterUserSecret"]["SecretArn"])


def rows(cloud: Cloud, database: str, query: str) -> list[tuple[Any, ...]]:
    with with_secret(cloud, INSTANCE, master(cloud), database) as connection:
        return list(connection.execute(query.encode()).fetchall())


def test_the_playbook_loads_seeds_and_a_dump(site: Site, dumps: dict[str, bytes]) -> None:
    cloud = site.cloud
    requests = Requests(cloud)
    planned = site.must(PLAYBOOK, "--check")
    assert requests.changes() == []
    assert rows(cloud, "app", "SELECT count(*) FROM pg_class WHERE relname = 'users'") == [(0,)], planned.text
    site.must(PLAYBOOK)
    assert rows(cloud, "app", "SELECT count(*) FROM users") == [(10,)]

    dump = site.folder / "community.sql.gz"
    dump.write_bytes(gzip.compress(dumps["plain"]))
    given = ("-vvv", "-e", f"load_data_file={dump}", "-e", "load_data_database=community", "-e")
    failed = site.run(PLAYBOOK, *given, '{"load_data_expect": {"users": 299}}')
    assert failed.code != 0
    assert failed.says("public.users has 300 rows, not 299"), failed.text
    assert rows(cloud, "community", "SELECT count(*) FROM pg_class WHERE relname = 'users'") == [(0,)]
    as_from_a_survey = json.dumps({"load_data_expect": json.dumps(COUNTS), "load_data_into_existing": "false"})
    done = site.must(PLAYBOOK, *given, as_from_a_survey)
    found = rows(cloud, "community", "SELECT count(*), (SELECT count(*) FROM app.orders) FROM users")
    assert found == [(COUNTS["public.users"], COUNTS["app.orders"])]
    assert requests.changes() == []
    password = login_in(cloud, master(cloud))[1]
    assert [one for one in (PERSONAL, password) if one in failed.text + done.text] == []
