# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Proofs by test restores, with PostgreSQL servers that hold real data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rehearsal.testing import Cloud

from .support import Site, outcome, rule, until
from .test_playbook import documented, run, start

QUERY = "SELECT count(*) FROM orders HAVING count(*) = 3"


@pytest.fixture(scope="module")
def servers() -> Iterator[Cloud]:
    with Cloud(account_id="210987654321", region="eu-west-1", settings={"control_planes": False}) as cloud:
        yield cloud


@pytest.fixture
def data(servers: Cloud) -> Site:
    """An instance, main, with three orders."""
    servers.admin.reset()
    site = Site(servers)
    site.create("main", DBName="shop")
    found = site.instance()
    where = {"host": found["Endpoint"]["Address"], "port": found["Endpoint"]["Port"], "sslrootcert": ca(site), "sslmode": "verify-full"}
    with psycopg.connect(**where, dbname="shop", user="root_user", password="not-secret-at-all", autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (id int)")
        connection.execute("INSERT INTO orders SELECT generate_series(1, 3)")
    return site


def ca(site: Site) -> str:
    return str(site.cloud.admin.databases()["ca_bundle"])


def proof(site: Site, query: str = QUERY, **more: Any) -> dict[str, Any]:
    return {"query": query, "ca_cert": ca(site), "database": "shop", "timeout": 60, **more}


def restored(site: Site) -> list[str]:
    """The test restores that are not being deleted."""
    found = site.rds.describe_db_instances()["DBInstances"]
    return [
        one["DBInstanceIdentifier"]
        for one in found
        if one["DBInstanceIdentifier"].startswith("proof-") and one["DBInstanceStatus"] != "deleting"
    ]


def test_rule_17_a_snapshot_that_answers(data: Site) -> None:
    found = data.gate(proof=proof(data))
    assert outcome(found) == ("passed", "snapshot", 0), found["msg"]
    assert rule(found, "proof") == "passed"
    assert restored(data) == []
    assert data.calls("ModifyDBInstance") == 1
    assert "not-secret-at-all" not in repr(found)


def test_rule_17_a_snapshot_without_the_data(data: Site) -> None:
    found = data.gate(proof=proof(data, "SELECT 1 FROM orders WHERE id = 4"))
    assert outcome(found) == ("failed", "proof", 3)
    assert restored(data) == []
    found = data.gate(proof=proof(data, "SELECT count(*) FROM absent"))
    assert found["verdict"] == "failed"
    assert "absent" in found["msg"]
    assert restored(data) == []


@pytest.mark.parametrize(
    "query", ["WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone", "EXPLAIN ANALYZE DELETE FROM orders"]
)
def test_rule_17_a_query_that_writes_is_refused_by_the_server(data: Site, query: str) -> None:
    found = data.gate(proof=proof(data, query))
    assert found["verdict"] == "failed"
    assert "read-only" in found["msg"]
    assert restored(data) == []


def test_rule_17_a_major_version_that_rds_upgraded_by_itself(data: Site) -> None:
    data.cloud.admin.settings(rds_restored_versions={data.instance()["EngineVersion"]: "18.1"})
    found = data.gate(proof=proof(data))
    assert outcome(found) == ("failed", "restore_upgraded", 3)
    assert restored(data) == []


def test_rule_17_a_gate_that_was_killed_leaves_nothing_after_the_next(data: Site, tmp_path: Path) -> None:
    data.takes(instance=4.0)
    options = {
        "snapshot_gate_proof_query": QUERY,
        "snapshot_gate_proof_ca_cert": ca(data),
        "snapshot_gate_proof_database": "shop",
    }
    process = start(data, tmp_path, "--databases", "main", **options)
    until(lambda: bool(restored(data)), 60.0)
    process.kill()
    process.wait(timeout=60)
    if process.stdout:
        process.stdout.close()
    until(lambda: not data.cloud.admin.requests()[-1]["mutating"], 5.0)
    assert restored(data)
    data.takes()
    code, report, shown = run(data, tmp_path, "--databases", "main", **options)
    assert (code, report.get("verdict")) == (0, "passed"), shown
    assert restored(data) == []
    assert data.calls("CreateDBSnapshot") == 1


def test_the_documented_permissions_suffice_for_a_proof(data: Site) -> None:
    data.cloud.admin.policies(apply=[documented(0), documented(1)])
    try:
        found = data.gate(proof=proof(data))
    finally:
        data.cloud.admin.policies(apply=None)
    assert outcome(found) == ("passed", "snapshot", 0), found["msg"]
    assert restored(data) == []
