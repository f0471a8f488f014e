# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The proof by a test restore: its steps, and that nothing of it stays. Tests are named after their rules in docs/snapshot-gate.md."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.problems import LoginRefused
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Stopped
from ansible_collections.mainstay.aws.plugins.module_utils.recovery import access
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.restore import Proof

from .fake_rds import Account, decision

PROOF = Proof("SELECT count(*) FROM orders", ca_cert="/ca.pem")


class Server:
    """Accepts one password, and answers every query with rows."""

    def __init__(self) -> None:
        self.password = "old"
        self.rows_of = [(1,)]
        self.queries: list[str] = []
        self.logins: list[str] = []

    def connect(self, address: Any, login: Any, database: str, **_options: Any) -> Server:
        self.logins.append(login.password)
        if login.password != self.password:
            raise LoginRefused("password authentication failed")
        return self

    def rows(self, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        self.queries.append(query)
        return self.rows_of

    def close(self) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    found = Server()
    monkeypatch.setattr(access, "connect", found.connect)
    return found


@pytest.fixture
def account() -> Account:
    return Account()


def test_rule_17_a_proof(account: Account, server: Server) -> None:
    verdict = account.gate(proof=PROOF)
    assert decision(verdict) == ("passed", "snapshot"), verdict.sentence
    assert verdict.checks[-1].name == "proof"
    assert server.queries[-1] == PROOF.query
    assert account.rds.restored == {}
    (deleted,) = [given for method, given in account.rds.asked if method == "delete_db_instance"]
    assert (deleted["SkipFinalSnapshot"], deleted["DeleteAutomatedBackups"]) == (True, True)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"restored_as": {"DBInstanceStatus": "incompatible-restore"}}, "restore_failed"),
        ({"restored_as": {"DBInstanceStatus": "creating"}}, "restore_timeout"),
        ({"restored_as": {"DBInstanceStatus": "available", "EngineVersion": "18.1"}}, "restore_upgraded"),
        ({"faults": {"restore_db_instance_from_db_snapshot": ["InsufficientDBInstanceCapacity"]}}, "restore_capacity"),
        ({"faults": {"restore_db_instance_from_db_snapshot": ["InstanceQuotaExceeded"]}}, "restore_quota"),
        ({"faults": {"restore_db_instance_from_db_snapshot": ["KMSKeyNotAccessibleFault"]}}, "key_usable"),
    ],
)
def test_rule_17_what_goes_wrong_is_torn_down_too(account: Account, server: Server, change: dict[str, Any], expected: str) -> None:
    for name, value in change.items():
        setattr(account.rds, name, value)
    assert decision(account.gate(proof=PROOF)) == ("failed", expected)
    assert account.rds.restored == {}


def test_rule_17_without_a_row_there_is_no_proof(account: Account, server: Server) -> None:
    server.rows_of = []
    assert decision(account.gate(proof=PROOF)) == ("failed", "proof")
    assert account.rds.restored == {}


def test_rule_17_an_interrupted_proof_is_torn_down(account: Account, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_arguments: Any, **_options: Any) -> None:
        raise Stopped

    monkeypatch.setattr(server, "rows", stopped)
    assert decision(account.gate(proof=PROOF)) == ("failed", "interrupted")
    assert account.rds.restored == {}


def test_rule_17_what_a_killed_run_left_is_deleted_first(account: Account, server: Server) -> None:
    account.rds.faults["delete_db_instance"] = ["AccessDenied"]
    verdict = account.gate(proof=PROOF)
    assert any("could not be deleted" in note for note in verdict.notes)
    assert len(account.rds.restored) == 1
    account.clock.pause(1.0)
    account.gate(proof=PROOF)
    assert account.rds.restored == {}


def test_rule_18_a_login_proves_the_password(account: Account, server: Server) -> None:
    account.gate(proof=PROOF)
    methods = [method for method, _given in account.rds.asked]
    assert methods.index("restore_db_instance_from_db_snapshot") < methods.index("modify_db_instance") < methods.index("get_secret_value")
    (given,) = [given for method, given in account.rds.asked if method == "modify_db_instance"]
    assert given["ManageMasterUserPassword"] is True


def test_rule_27_parameters_that_wait_are_applied_first(account: Account, server: Server) -> None:
    account.rds.restored_as["DBParameterGroups"] = [{"ParameterApplyStatus": "pending-reboot"}]
    account.gate(proof=PROOF)
    methods = [method for method, _given in account.rds.asked]
    assert methods.index("modify_db_instance") < methods.index("reboot_db_instance") < methods.index("get_secret_value")


def test_rule_29_the_pending_password_is_tried_too(account: Account, server: Server) -> None:
    server.password = "new"
    assert decision(account.gate(proof=PROOF)) == ("passed", "snapshot")
    assert server.logins == ["old", "new"]


def test_rule_29_a_password_that_changes_meanwhile_is_read_again(account: Account, server: Server) -> None:
    server.password = "third"
    del account.rds.secrets["AWSPENDING"]
    before = account.clock.pause

    def pause(seconds: float) -> None:
        account.rds.secrets["AWSCURRENT"] = "third"
        before(seconds)

    account.clock.pause = pause  # type: ignore[method-assign]
    assert decision(account.gate(proof=PROOF)) == ("passed", "snapshot")
    assert server.logins[-1] == "third"


def test_no_password_is_said_anywhere(account: Account, server: Server) -> None:
    account.rds.secrets = {"AWSCURRENT": "not-to-be-seen"}
    verdict = account.gate(proof=PROOF)
    assert decision(verdict) == ("failed", "proof")
    assert "not-to-be-seen" not in repr(verdict) + repr(account.said)


def test_a_cluster_cannot_be_proven(account: Account, server: Server) -> None:
    account.rds.clusters.append({"DBClusterIdentifier": "cluster", "DbClusterResourceId": "cluster-X", "Status": "available"})
    assert decision(account.gate("cluster", proof=PROOF)) == ("refused", "proof")
    assert account.rds.snapshots == {}
