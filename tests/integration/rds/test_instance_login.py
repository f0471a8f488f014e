# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Instances with real PostgreSQL servers: their secrets log in, and rows survive changes, a failover, and a promotion."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.integration.conftest import CloudFor
from tests.integration.site import summary

from . import servers
from .instance_site import ACCOUNT, MAIN, READER, REGION, Site

PASSWORDS = ("Correct-Horse-1", "Battery-Staple-2")


@pytest.fixture
def site(cloud_for: CloudFor) -> Site:
    return Site(cloud_for(account_id=ACCOUNT, region=REGION, settings={"databases": True, "control_planes": False}))


def connect(site: Site, password: str, name: str = MAIN) -> psycopg.Connection[Any]:
    """As the master."""
    return servers.connect(site.cloud, name, "dbadmin", password)


def rows(site: Site, password: str, name: str = MAIN) -> list[int]:
    with connect(site, password, name) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM numbers ORDER BY number").fetchall()]


def write(site: Site, password: str, number: int, name: str = MAIN) -> None:
    with connect(site, password, name) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS numbers (number int)")
        connection.execute("INSERT INTO numbers VALUES (%s)", (number,))


def test_the_managed_secret_logs_in(site: Site) -> None:
    site.apply([site.main()])
    with servers.with_secret(site.cloud, MAIN, site.describe()["MasterUserSecret"]["SecretArn"]) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)


def test_rows_survive_a_rotation_a_change_and_a_failover(site: Site) -> None:
    site.apply([site.main(master_credentials=site.secret(PASSWORDS[0]), multi_az=True)])
    write(site, PASSWORDS[0], 1)
    assert rows(site, PASSWORDS[0]) == [1]
    changed = [site.main(master_credentials=site.secret(PASSWORDS[1]), multi_az=True, db_instance_class="db.t4g.large")]
    site.apply(changed)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(site, PASSWORDS[0])
    assert rows(site, PASSWORDS[1]) == [1]
    write(site, PASSWORDS[1], 2)
    site.rds.reboot_db_instance(DBInstanceIdentifier=MAIN, ForceFailover=True)
    site.rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=MAIN, WaiterConfig={"Delay": 1})
    assert rows(site, PASSWORDS[1]) == [1, 2]
    write(site, PASSWORDS[1], 3)
    assert rows(site, PASSWORDS[1]) == [1, 2, 3]
    assert summary(site.plan(changed)) == {}


def test_a_promoted_replica_has_the_rows_and_takes_new_ones(site: Site) -> None:
    main = site.main(master_credentials=site.secret(PASSWORDS[0]))
    site.apply([main, site.reader()])
    write(site, PASSWORDS[0], 1)
    servers.until(lambda: rows(site, PASSWORDS[0], READER) == [1])
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        write(site, PASSWORDS[0], 2, READER)
    site.apply([main, site.reader(promoted=True)])
    assert rows(site, PASSWORDS[0], READER) == [1]
    write(site, PASSWORDS[0], 2, READER)
    assert rows(site, PASSWORDS[0]) == [1]
