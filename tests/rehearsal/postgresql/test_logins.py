"""Who can log in to an instance, and how."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest

from rehearsal.kubernetes.certificates import Authority
from rehearsal.postgresql.fleet import Fleet

from .conftest import KEY, MASTER, NAME, PASSWORD, REGION, Instance, connect, refusal


def token(instance: Instance, user: str, host: str = NAME) -> str:
    session = boto3.Session(KEY.access_key_id, KEY.secret_access_key, region_name=REGION)
    return str(session.client("rds").generate_db_auth_token(DBHostname=host, Port=instance.endpoint.port, DBUsername=user, Region=REGION))


def test_the_master_logs_in_over_verified_tls_and_is_no_superuser(shared: Instance) -> None:
    with shared.connect(channel_binding="require") as connection:
        assert connection.pgconn.ssl_in_use
        assert connection.execute("SELECT current_user, current_database(), current_setting('is_superuser')").fetchone() == (
            MASTER,
            "shop",
            "off",
        )


def test_the_certificate_names_the_endpoint_and_the_loopback_address(shared: Instance) -> None:
    with shared.connect(host=NAME, hostaddr="127.0.0.1"), shared.connect(host="localhost"):
        pass
    assert "does not match" in refusal(lambda: shared.connect(host="other.example.com", hostaddr="127.0.0.1"))


def test_another_authority_does_not_verify(shared: Instance, tmp_path: Path) -> None:
    other = Authority(tmp_path / "ca")
    assert "certificate verify failed" in refusal(lambda: shared.connect(sslrootcert=str(other.certificate)))


@pytest.mark.parametrize(("user", "password"), [(MASTER, "wrong"), ("nobody_here", PASSWORD), ("rds_superuser", "x")])
def test_a_wrong_password_reads_as_an_unknown_user_does(shared: Instance, user: str, password: str) -> None:
    assert f'password authentication failed for user "{user}"' in refusal(lambda: shared.connect(user=user, password=password))


@pytest.mark.parametrize("user", ["rdsadmin", "rdsrepladmin"])
def test_users_of_rds_itself_cannot_log_in(shared: Instance, user: str) -> None:
    assert "no pg_hba.conf entry" in refusal(lambda: shared.connect(user=user, password="x"))


def test_plain_connections_are_refused_where_tls_is_forced(shared: Instance) -> None:
    message = refusal(lambda: shared.connect(sslmode="disable"))
    assert f'no pg_hba.conf entry for host "127.0.0.1", user "{MASTER}", database "shop", no encryption' in message


def test_plain_connections_pass_where_it_is_not(new: Callable[..., Instance]) -> None:
    instance = new(parameters={"rds.force_ssl": "0"})
    with instance.connect(sslmode="disable") as connection:
        assert not connection.pgconn.ssl_in_use
        assert connection.execute("SHOW rds.force_ssl").fetchone() == ("0",)
    instance.fleet.set_parameters(instance.key, {"rds.force_ssl": "1"})
    assert "no encryption" in refusal(lambda: instance.connect(sslmode="disable"))


def test_expired_and_older_passwords(shared: Instance, role: Callable[..., str]) -> None:
    expired = role("LOGIN VALID UNTIL '2020-01-01'")
    assert "password authentication failed" in refusal(lambda: shared.connect(user=expired, password="secret of the role"))
    older = role(password=None)
    shared.run(f"ALTER ROLE {older} PASSWORD 'md5{hashlib.md5(f'plain{older}'.encode()).hexdigest()}'")
    with shared.connect(user=older, password="plain"):
        pass
    assert "password authentication failed" in refusal(lambda: shared.connect(user=older, password="other"))


def test_the_servers_own_refusals_reach_the_client(shared: Instance, role: Callable[..., str]) -> None:
    assert 'database "absent" does not exist' in refusal(lambda: shared.connect(database="absent"))
    locked = role("NOLOGIN")
    assert f'role "{locked}" is not permitted to log in' in refusal(lambda: shared.connect(user=locked, password="secret of the role"))


def test_a_member_of_rds_iam_logs_in_with_a_token_only(shared: Instance, role: Callable[..., str]) -> None:
    user = role()
    shared.run(f"GRANT rds_iam TO {user}")
    with shared.connect(user=user, password=token(shared, user)) as connection:
        assert connection.execute("SELECT session_user").fetchone() == (user,)
    failed = f'PAM authentication failed for user "{user}"'
    assert failed in refusal(lambda: shared.connect(user=user, password="secret of the role"))
    assert failed in refusal(lambda: shared.connect(user=user, password=token(shared, MASTER)))
    assert failed in refusal(lambda: shared.connect(user=user, password=token(shared, user, "elsewhere.example.com")))
    shared.run(f"REVOKE rds_iam FROM {user}")
    assert "password authentication failed" in refusal(lambda: shared.connect(user=user, password=token(shared, user)))
    with shared.connect(user=user, password="secret of the role"):
        pass


def test_membership_in_rds_iam_counts_through_other_roles(shared: Instance, role: Callable[..., str]) -> None:
    group, user = role("NOLOGIN", None), role()
    shared.run(f"GRANT rds_iam TO {group}", f"GRANT {group} TO {user}")
    assert "PAM authentication failed" in refusal(lambda: shared.connect(user=user, password="secret of the role"))


def test_a_policy_denies_a_token(shared: Instance) -> None:
    shared.run("CREATE ROLE denied LOGIN", "GRANT rds_iam TO denied")
    assert "PAM authentication failed" in refusal(lambda: shared.connect(user="denied", password=token(shared, "denied")))


def test_a_master_without_a_password_logs_in_with_iam(new: Callable[..., Instance]) -> None:
    instance = new(password=None, name=NAME, region=REGION)
    with instance.connect(password=token(instance, MASTER)):
        pass
    instance.fleet.set_master_password(instance.key, PASSWORD)
    with instance.connect():
        pass


def test_a_query_is_canceled(shared: Instance) -> None:
    with shared.connect() as connection:
        threading.Timer(0.3, connection.cancel_safe).start()
        began = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(30)")
        assert time.monotonic() - began < 20


def test_much_data_passes_both_ways(shared: Instance) -> None:
    with shared.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE much (line text)")
        with cursor.copy("COPY much FROM STDIN") as copy:
            for _ in range(200):
                copy.write_row(["x" * 20_000])
        assert cursor.execute("SELECT sum(length(line)) FROM much").fetchone() == (4_000_000,)
        assert len(cursor.execute("SELECT string_agg(line, '') FROM much").fetchone()[0]) == 4_000_000  # type: ignore[index]


def test_passwords_are_in_no_log(new: Callable[..., Instance], capfd: pytest.CaptureFixture[str]) -> None:
    instance = new(parameters={"log_statement": "all", "log_connections": "1"})
    instance.fleet.set_master_password(instance.key, "another password of the master")
    with instance.connect(password="another password of the master"):
        pass
    log = instance.fleet.log(instance.key).read_text()
    assert "connection authorized" in log
    assert "another password" not in log + "".join(capfd.readouterr())
    assert PASSWORD not in log


class TestProxy:
    @pytest.fixture
    def users(self) -> dict[str, str]:
        return {MASTER: PASSWORD}

    @pytest.fixture
    def through(self, fleet: Fleet, shared: Instance, users: dict[str, str]) -> Any:
        endpoint = fleet.relay("orders.proxy", [shared.key], users=lambda: users, resource="prx-1", region=REGION)
        yield lambda user=MASTER, password=PASSWORD, **options: connect(fleet, endpoint, user, password, **options)
        fleet.drop_relay("orders.proxy")

    def test_clients_use_the_passwords_of_its_secrets(self, through: Any) -> None:
        with through() as connection:
            assert connection.execute("SELECT current_user, current_database()").fetchone() == (MASTER, "shop")
        assert "password authentication failed" in refusal(lambda: through(password="wrong"))

    def test_it_knows_no_other_user(self, through: Any, role: Callable[..., str]) -> None:
        user = role()
        assert f"no credentials for the role {user}" in refusal(lambda: through(user, "secret of the role"))

    def test_a_secret_that_the_database_does_not_accept_lets_no_one_in(self, through: Any, users: dict[str, str]) -> None:
        users[MASTER] = "not the password"
        assert "refused by the database" in refusal(lambda: through(password="not the password"))
        users[MASTER] = PASSWORD
        through().close()

    def test_it_demands_tls(self, through: Any) -> None:
        assert "requires TLS" in refusal(lambda: through(sslmode="disable"))

    def test_with_iam_it_takes_tokens(self, fleet: Fleet, shared: Instance) -> None:
        endpoint = fleet.relay("iam.proxy", [shared.key], users={MASTER: PASSWORD}, iam=True, resource="prx-2", region=REGION)
        at = Instance(fleet, "", endpoint)
        connect(fleet, endpoint, password=token(at, MASTER, "iam.proxy")).close()
        assert "IAM authentication failed" in refusal(lambda: connect(fleet, endpoint))
        fleet.drop_relay("iam.proxy")
        assert "refused" in refusal(lambda: connect(fleet, endpoint))

    def test_it_keeps_its_port_when_it_changes(self, fleet: Fleet, shared: Instance) -> None:
        first = fleet.relay("kept.proxy", [], users={})
        assert "no credentials" in refusal(lambda: connect(fleet, first))
        assert fleet.relay("kept.proxy", [shared.key], users={MASTER: PASSWORD}) == first
        connect(fleet, first).close()
        fleet.drop_relay("kept.proxy")
