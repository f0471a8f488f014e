"""What make rehearse does with the caches that an inventory has built."""

from __future__ import annotations

import pytest

from scripts import caches
from scripts.terminal import Problem

from ..conftest import CheckedCloud
from ..elasticache.cache_account import PASSWORD, TOKEN, CacheAccount


def test_it_logs_in_to_each(cloud: CheckedCloud) -> None:
    account, vault = CacheAccount(cloud), cloud.client("secretsmanager")

    def mark(name: str, value: str) -> list[dict[str, str]]:
        arn = vault.create_secret(Name=name, SecretString=value)["ARN"]
        return [{"Key": "mainstay:credentials", "Value": f"{arn.rpartition(':secret:')[2]} 1 refuse"}]

    account.create("one", AuthToken=TOKEN, Tags=mark("one/token", TOKEN))
    account.user("app", Tags=mark("two/user", f'{{"password": "{PASSWORD}"}}'))
    account.user_group(users=("app",))
    account.create("two", UserGroupIds=["team"])
    account.create("three", TransitEncryptionEnabled=None)
    said = "\n".join(caches.logins(cloud.description))
    assert "Cache one: refuses a client without a login. Logged in with its token over verified TLS." in said
    assert "Cache two: refuses a client without a login. Logged in as app over verified TLS." in said
    assert "Cache three: is open to every client" in said
    assert TOKEN not in said
    assert PASSWORD not in said
    account.modify("one", AuthToken=f"{TOKEN}-2", AuthTokenUpdateStrategy="ROTATE")
    account.modify("one", AuthToken=f"{TOKEN}-2", AuthTokenUpdateStrategy="SET")
    with pytest.raises(Problem, match="cache one with its token failed: WRONGPASS"):
        caches.logins(cloud.description)
