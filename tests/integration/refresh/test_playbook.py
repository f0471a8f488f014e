# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""playbooks/refresh_staging.yml with an inventory, for an instance that the role rds built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.eks_operations.site import NETWORK, Site
from tests.integration.rds.servers import with_secret

from .support import AWAY, CHECK, HOME, MASTER_PASSWORD, OF_THE_ROLE, PERSON, PRODUCTION, SHOP_PASSWORD, SOURCE, STAGING, Accounts

PLAYBOOK = "playbooks/refresh_staging.yml"
ZONES = [f"{HOME}a", f"{HOME}b"]
DATABASES: dict[str, Any] = {
    "main": {
        "version": "17",
        "class": "db.t4g.medium",
        "storage": {"size": 20},
        "backups": {"retention_days": 7, "window": "01:00-02:00"},
        "maintenance": {"window": "sun:03:00-sun:04:00"},
        "databases": {"shop": {"owner": "shop"}},
        "users": {"shop": {"login": "password"}},
    }
}

REFUSED = {
    "refresh_instances=reports": "refresh_instances names reports, which rds_refresh of the inventory does not describe",
    '{"rds_refresh": {}}': "rds_refresh is not set for database, so there is nothing to refresh.",
}


@pytest.fixture
def site(accounts: Accounts) -> Iterator[Site]:
    """The inventory of an environment of its own in the account of staging, with its instance as the role rds builds it."""
    made = Site(accounts.cloud, accounts.folder, {"vpc": ["network"], "rds": ["database"]})
    role = accounts.role("of-the-playbook")
    made.variables = {
        "platform_environment": "test",
        "platform_region": HOME,
        "platform_account_id": STAGING,
        "platform_tags": {"team": "shop"},
        "vpc_networks": {"main": {**NETWORK, "availability_zones": ZONES}},
        "rds_databases": DATABASES,
        "rds_refresh": {
            "main": {
                "source": {"identifier": SOURCE, "account_id": PRODUCTION, "region": AWAY, "role_arn": role},
                "anonymize": {"shop": {"files": ["{{ inventory_dir }}/shop.sql"], "checks": CHECK}},
            }
        },
    }
    made.must("site.yml")
    yield made
    accounts.here.modify_db_instance(DBInstanceIdentifier=OF_THE_ROLE, DeletionProtection=False, ApplyImmediately=True)
    accounts.here.delete_db_instance(DBInstanceIdentifier=OF_THE_ROLE, SkipFinalSnapshot=True)


def app(accounts: Accounts, query: str) -> list[tuple[Any, ...]]:
    """As the application logs in: with the secret that the role keeps for its user."""
    with with_secret(accounts.cloud, OF_THE_ROLE, "/mainstay/test/database/main/user-shop", "shop") as connection:
        return list(connection.execute(query.encode()).fetchall())


def test_the_playbook_refreshes_what_the_role_built(accounts: Accounts, site: Site) -> None:
    before = accounts.instance(accounts.here, OF_THE_ROLE)["DbiResourceId"]
    accounts.cloud.admin.clear_requests()
    planned = site.must(PLAYBOOK, "--check", "--diff", "-vvv")
    assert planned.says(f"{OF_THE_ROLE} would be refreshed from snap-"), planned.text
    for given, said in REFUSED.items():
        refused = site.run(PLAYBOOK, "-e", given)
        assert refused.code != 0
        assert refused.says(said), refused.text
    assert [one for one in accounts.cloud.admin.requests() if one["mutating"]] == []

    done = site.must(PLAYBOOK, "--diff", "-vvv", "-e", "refresh_instances=main", "-e", "refresh_max_age=36000")
    assert accounts.instance(accounts.here, OF_THE_ROLE)["DbiResourceId"] != before
    assert app(accounts, "SELECT count(*), min(email) FROM users WHERE email LIKE '%@example.com'") == [(500, "user100@example.com")]
    again = site.must("site.yml", "--check")
    assert site.summary()["result"] == "no_changes", again.text
    assert accounts.left() == []
    assert [one for one in (PERSON, SHOP_PASSWORD, MASTER_PASSWORD) if one in done.text + planned.text] == []
