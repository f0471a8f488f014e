# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Staging gets the data of production, anonymized: whatever happens, nothing else of production arrives, and nothing is left."""

from __future__ import annotations

import json
import re
from typing import Any

import psycopg
import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import held
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.giving_up import GaveUp
from ansible_collections.mainstay.aws.plugins.module_utils.refresh import refresher
from tests.integration.network.play import ROOT

from .support import AWAY, CHECK, HOME, MASTER, MASTER_PASSWORD, PERSON, PRODUCTION, SHOP_PASSWORD, STAGING, TARGET, Accounts, Killed

OWNED = {"mainstay:environment": "staging", "mainstay:component": "database", "mainstay:address": "db_instance.main"}


DIFFERENT = {
    *("DbiResourceId", "InstanceCreateTime", "LatestRestorableTime", "MasterUserSecret", "Endpoint", "AvailabilityZone", "TagList"),
    *("CertificateDetails", "DBName", "BackupTarget", "DbInstancePort"),
}
"""What RDS gives each instance anew."""


def canaries(accounts: Accounts) -> list[str]:
    return [one for one in (PERSON, SHOP_PASSWORD, MASTER_PASSWORD) if one in accounts.shown]


def test_staging_is_refreshed_across_accounts_and_regions(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    treat = refresher.Anonymizer.treat

    def watched(self: Any, session: Any, treatment: Any) -> Any:
        """Nobody but the master logs in while the data is that of production."""
        instance = accounts.instance(accounts.here, f"{TARGET}-refresh")
        for user, password in (("shop", SHOP_PASSWORD), ("auditor", SHOP_PASSWORD), (MASTER, MASTER_PASSWORD)):
            try:
                accounts.login(instance, user, password).close()
            except psycopg.OperationalError:
                seen.append(user)
        return treat(self, session, treatment)

    monkeypatch.setattr(refresher.Anonymizer, "treat", watched)
    before = accounts.instance(accounts.here, TARGET)
    found = accounts.refresh()
    assert seen == ["shop", "auditor", MASTER]
    assert found.locked_out == ("auditor", "shop")
    assert found.snapshot == "snap-1"
    assert [(one.database, one.rows, one.counts) for one in found.treated] == [("shop", 500, {"public.users": 500})]
    assert found.notes == []
    instance = accounts.instance(accounts.here, TARGET)
    assert instance["DbiResourceId"] != before["DbiResourceId"]
    assert {name for name, value in before.items() if instance.get(name) != value} <= DIFFERENT
    assert (instance["KmsKeyId"], instance["StorageEncrypted"]) == (accounts.key, True)
    assert accounts.in_staging("SELECT count(*), min(email) FROM users WHERE email LIKE '%@example.com'") == [(500, "user100@example.com")]
    marks = "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname IN ('shop', 'auditor') ORDER BY rolname"
    assert accounts.in_staging(marks) == [(None,), ("[mainstay environment=staging component=database address=postgres_role.main/shop]",)]
    assert accounts.tags() == OWNED
    assert accounts.left() == []
    assert canaries(accounts) == []


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "of another environment": ({"environment": "dev"}, "belongs to staging/database by its tags, not to dev/database"),
    "of another component": ({"component": "other"}, "not to staging/other"),
    "production": ({"environment": "prod"}, "production is never refreshed"),
    "not there": ({"identifier": "nothing"}, "There is no DB instance nothing to refresh"),
    "from an old snapshot": ({"max_age": 0.001}, "There is no good snapshot"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_targets_that_are_refused(accounts: Accounts, name: str) -> None:
    options, said = REFUSED[name]
    accounts.cloud.admin.clear_requests()
    with pytest.raises(GaveUp) as found:
        accounts.refresh(check_mode=True, **options)
    assert said in found.value.sentence
    assert not any(one["mutating"] for one in accounts.cloud.admin.requests())


OTHER = {"other": {"none": "it has nothing personal"}}

FAILING: dict[str, tuple[str, dict[str, Any], str]] = {
    "a check that finds rows": (
        "UPDATE users SET email = 'user' || id || '@example.com' WHERE id > 1;",
        {},
        "database shop is not anonymized: addresses lead nowhere found 1 row",
    ),
    "wrong SQL": ("UPDATE people SET email = NULL;", {}, 'shop.sql, line 1: relation "people" does not exist'),
    "SQL that would show a value": ("SELECT email::int FROM users;", {}, "shop.sql, line 1: invalid text representation"),
    "SQL that ends the transaction": ("UPDATE users SET email = ''; ROLLBACK;", {}, "line 1 has ROLLBACK"),
    "SQL that lets someone in": ("DO $$ BEGIN ALTER ROLE auditor LOGIN; END $$;", {}, "shop.sql, line 1: permission denied"),
    "a database that is not named": ("SELECT 1;", {"anonymize": OTHER}, "database shop of the source is not in anonymize"),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_is_not_anonymized_is_not_released(accounts: Accounts, name: str) -> None:
    script, options, said = FAILING[name]
    accounts.file(script)
    before = accounts.instance(accounts.here, TARGET)["DbiResourceId"]
    with pytest.raises(CallFailed) as found:
        accounts.refresh(**options)
    assert said in found.value.message
    assert PERSON not in found.value.message
    assert accounts.instance(accounts.here, TARGET)["DbiResourceId"] == before
    assert accounts.left() == []
    assert canaries(accounts) == []


def test_a_refresh_that_is_killed_anywhere_is_repeated(accounts: Accounts) -> None:
    """Each run begins where the one before was killed, one call later."""
    left = 0

    def fence() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    for calls in (1, 2, 4, 6, 9, 12, 14):
        left = calls
        try:
            accounts.refresh(fence)
        except Killed:
            continue
        break
    accounts.refresh()
    assert accounts.left() == []
    assert accounts.tags() == OWNED
    assert accounts.in_staging("SELECT count(*) FROM users WHERE email LIKE '%@example.com'") == [(500,)]


def test_a_snapshot_that_is_deleted_meanwhile(accounts: Accounts) -> None:
    accounts.snapshot("snap-2")

    def fence() -> None:
        accounts.there.delete_db_snapshot(DBSnapshotIdentifier="snap-2") if "snap-2" in names() else None

    def names() -> list[str]:
        return [one["DBSnapshotIdentifier"] for one in accounts.there.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]]

    with pytest.raises(CallFailed) as found:
        accounts.refresh(fence)
    assert "snap-2" in found.value.message
    assert accounts.left() == []


def test_sessions_in_the_target_do_not_hinder_it(accounts: Accounts) -> None:
    target = accounts.instance(accounts.here, TARGET)
    with accounts.login(target, MASTER, accounts.master(target), "postgres") as connection:
        connection.execute("SELECT 1")
        accounts.refresh(keep_previous=True)
    assert accounts.left() == [f"{TARGET}-previous"]
    accounts.here.delete_db_instance(DBInstanceIdentifier=f"{TARGET}-previous", SkipFinalSnapshot=True)


def test_the_module_with_a_role_of_production(accounts: Accounts) -> None:
    found = accounts.run(source={"role_arn": f"arn:aws:iam::{PRODUCTION}:role/nothing"})
    assert "cannot be assumed" in found["msg"]
    found = accounts.run(role_arn=f"arn:aws:iam::{STAGING}:role/of-staging")
    assert "role/of-staging cannot be assumed" in found["msg"], "platform_role_arn is for the target"
    found = accounts.run(source={"region": AWAY})
    assert f"source.account_id is {PRODUCTION}, but the credentials for the source belong to account" in found["msg"]
    found = accounts.run(anonymize={})
    assert "anonymize is empty; name every database of the source" in found["msg"]
    found = accounts.run(anonymize={"shop": {"files": [accounts.sql], "checks": CHECK}}, source={"account_id": "1"})
    assert "source.account_id is '1'" in found["msg"]
    assert canaries(accounts) == []


def test_two_refreshes_at_once(accounts: Accounts) -> None:
    """The one that holds the run lock of the component goes on; the other changes nothing."""
    aws = Aws(lambda service: watch(accounts.cloud.client(service)), Owner("staging", "database"), region=HOME)
    role = accounts.role("second")
    with held(aws, "shared", "the other", SystemClock(), 0.0, lambda *_progress: None):
        accounts.cloud.admin.clear_requests()
        found = accounts.run(source={"role_arn": role})
    assert "component database of environment staging is being changed by" in found["msg"]
    assert found["reason"] == "Locked"
    assert not any(one["mutating"] for one in accounts.cloud.admin.requests() if one["service"] == "rds")
    aws.close()


def documented(number: int) -> dict[str, Any]:
    """A policy of docs/recovery.md, "Refresh staging"."""
    section = (ROOT / "docs" / "recovery.md").read_text().partition("\n## Refresh staging\n")[2].partition("\n## ")[0]
    text = re.findall(r"```json\n(.*?)```", section, re.DOTALL)[number]
    found: dict[str, Any] = json.loads(text.replace('"<the key of production\'s database, or source.kms_key>"', '"*"'))
    return found


def test_the_documented_permissions_suffice(accounts: Accounts) -> None:
    """The module as users run it, as a role of production that may do nothing but what the page lists."""
    role = accounts.role("mainstay-refresh", documented(0))
    accounts.cloud.admin.policies(apply=[documented(0), documented(1)])  # the rehearsal applies them in both accounts
    accounts.cloud.admin.clear_requests()
    try:
        found = accounts.run(source={"role_arn": role})
    finally:
        denied = [one for one in accounts.cloud.admin.requests() if one["error_code"] in ("AccessDenied", "AccessDeniedException")]
        accounts.cloud.admin.policies(apply=None)
    assert found.get("changed") is True, (found["msg"], denied)
    made = {f"{one['service']}:{one['operation']}" for one in accounts.cloud.admin.requests() if one["account_id"] == PRODUCTION}
    allowed = {action for one in documented(0)["Statement"] for action in one["Action"]}
    assert made - allowed <= {"sts:GetCallerIdentity"}
    assert found["databases"]["shop"]["changed_rows"] == 500
    assert accounts.cloud.client("ssm").get_parameters_by_path(Path="/mainstay/locks/", Recursive=True)["Parameters"] == []
    assert accounts.left() == []
    assert canaries(accounts) == []
