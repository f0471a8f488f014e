# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Passwords: from the secret into the server and nowhere else, rotated in steps of which each may be the last."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .support import MASTER, MASTER_PASSWORD, REGION, Inside, changes, counts

SHOP_PASSWORD = "canary-of-the-shop-0123456789"
PENDING_PASSWORD = "canary-of-the-next-0123456789"


def described(inside: Inside) -> dict[str, Any]:
    shop = inside.named("shop")
    if shop not in inside.arns:
        inside.secret("shop", shop, SHOP_PASSWORD)
    return {"databases": {inside.named("db"): {"access": {shop: "write"}}}, "users": {shop: {}}}


def logs_in(inside: Inside, password: str) -> bool:
    try:
        inside.server.login(inside.named("shop"), password, inside.named("db")).close()
    except psycopg.OperationalError:
        return False
    return True


def put(inside: Inside, password: str, stage: str) -> str:
    arn = inside.arns[inside.named("shop")]
    value = json.dumps({"username": inside.named("shop"), "password": password})
    return str(inside.secrets.put_secret_value(SecretId=arn, SecretString=value, VersionStages=[stage])["VersionId"])


def test_the_password_is_that_of_the_secret_and_a_second_run_leaves_it(inside: Inside) -> None:
    wanted = described(inside)
    inside.apply(**wanted)
    assert logs_in(inside, SHOP_PASSWORD)
    assert inside.apply(**wanted)["plan"]["api_calls"]["write"] == 0


def test_another_version_of_the_secret_is_shown_and_set(inside: Inside) -> None:
    wanted = described(inside)
    inside.apply(**wanted)
    version = put(inside, "another-password-0123456789", "AWSCURRENT")
    before, after = changes(inside.plan(**wanted))[f"postgres_role.main/{inside.named('shop')}"]["password"]
    assert (before.startswith("version "), after) == (True, f"version {version}")
    inside.apply(**wanted)
    assert logs_in(inside, "another-password-0123456789")
    assert counts(inside.plan(**wanted)) == {"unchanged": 3}


def test_a_rotation_ends_with_the_new_password_as_the_current_one(inside: Inside) -> None:
    wanted, shop = described(inside), inside.named("shop")
    inside.apply(**wanted)
    assert changes(inside.plan(**wanted, rotate=[shop]))[f"postgres_role.main/{shop}"]["password"][1] == "a new version"
    result = inside.apply(**wanted, rotate=[shop])
    assert counts(result) == {"update": 1, "unchanged": 2}
    new = inside.password(shop)
    assert new != SHOP_PASSWORD
    assert logs_in(inside, new)
    assert not logs_in(inside, SHOP_PASSWORD)
    assert inside.password(shop, "AWSPREVIOUS") == SHOP_PASSWORD
    assert json.loads(inside.secrets.get_secret_value(SecretId=inside.arns[shop])["SecretString"])["engine"] == "postgres"
    assert counts(inside.plan(**wanted)) == {"unchanged": 3}
    assert new not in inside.printed


@pytest.mark.parametrize("reached", ["saved", "set"])
def test_an_interrupted_rotation_is_finished_by_the_next_run(inside: Inside, reached: str) -> None:
    """After the password was saved as AWSPENDING; and after it was set in the server as well."""
    wanted, shop = described(inside), inside.named("shop")
    inside.apply(**wanted)
    pending = put(inside, PENDING_PASSWORD, "AWSPENDING")
    if reached == "set":
        comment = f"[mainstay environment=prod component={inside.component} address=postgres_role.main/{shop} password={pending}]"
        inside.server.run(f"ALTER ROLE {shop} PASSWORD '{PENDING_PASSWORD}'; COMMENT ON ROLE {shop} IS '{comment}'")
    plan = changes(inside.plan(**wanted))
    assert plan[f"postgres_role.main/{shop}"]["password"][1] == "the new version of an interrupted rotation"
    inside.apply(**wanted)
    assert inside.password(shop) == PENDING_PASSWORD
    assert logs_in(inside, PENDING_PASSWORD)
    assert counts(inside.plan(**wanted)) == {"unchanged": 3}


def test_the_pending_password_of_the_master_logs_in(inside: Inside) -> None:
    value = {"username": MASTER, "password": "no longer right, since a rotation is under way"}
    inside.secrets.put_secret_value(SecretId=inside.master_arn, SecretString=json.dumps(value), VersionStages=["AWSCURRENT"])
    value["password"] = MASTER_PASSWORD
    inside.secrets.put_secret_value(SecretId=inside.master_arn, SecretString=json.dumps(value), VersionStages=["AWSPENDING"])
    assert "plan" in inside.plan(databases={})


def test_a_wrong_password_is_an_error_that_names_the_secret(inside: Inside) -> None:
    arn = inside.secret("wrong", "wrong", "canary-that-is-wrong")
    result = inside.plan(databases={}, login={"user": MASTER, "secret_arn": arn})
    assert f"refuses {MASTER} with {arn}" in result["msg"]
    assert "canary-that-is-wrong" not in inside.printed


def test_the_master_may_log_in_with_a_token(inside: Inside) -> None:
    inside.server.fleet.set_master_password("db-1", None)
    try:
        assert "plan" in inside.plan(databases={}, login={"user": MASTER, "iam": True})
    finally:
        inside.server.fleet.set_master_password("db-1", MASTER_PASSWORD)


def test_a_user_of_iam_has_no_password(inside: Inside) -> None:
    wanted, shop = described(inside), inside.named("shop")
    inside.apply(**wanted)
    wanted["users"][shop] = {"login": "iam"}
    assert changes(inside.plan(**wanted))[f"postgres_role.main/{shop}"] == {"login": ("password", "iam")}
    inside.apply(**wanted)
    assert not logs_in(inside, SHOP_PASSWORD)
    assert inside.server.rows(f"SELECT pg_has_role('{shop}', 'rds_iam', 'MEMBER')") == [(True,)]
    wanted["users"][shop] = {}
    inside.apply(**wanted)
    assert logs_in(inside, SHOP_PASSWORD)


def test_secrets_that_the_controller_has_read_need_no_permission_on_the_other_host(inside: Inside) -> None:
    wanted, shop = described(inside), inside.named("shop")
    secrets = {
        inside.master_arn: {"username": MASTER, "password": MASTER_PASSWORD, "version": "1"},
        inside.arns[shop]: {"username": shop, "password": SHOP_PASSWORD, "version": "2"},
    }
    assert not inside.apply(**wanted, secrets=secrets).get("failed")
    assert logs_in(inside, SHOP_PASSWORD)
    assert counts(inside.plan(**wanted, secrets=secrets)) == {"unchanged": 3}
    assert SHOP_PASSWORD not in inside.printed


def test_no_password_is_in_any_output_log_or_file(inside: Inside) -> None:
    wanted, shop = described(inside), inside.named("shop")
    secrets = {inside.master_arn: {"username": MASTER, "password": MASTER_PASSWORD, "version": "1"}}
    settings = {**wanted, "users": {shop: {"settings": {"work_mem": "no such amount"}}}}
    calls: list[dict[str, Any]] = [
        {**inside.options(**wanted)},
        {**inside.options(**settings)},
        {**inside.options(**wanted, rotate=[shop])},
        {**inside.options(**wanted, secrets=secrets)},
        {**inside.options(**wanted), "login": {"user": MASTER, "password": MASTER_PASSWORD}},
        {**inside.options(**wanted), "login": {"user": MASTER, "password": "canary-that-is-wrong"}},
    ]
    tasks = [{"mainstay.aws.postgres_objects": call, "check_mode": check} for call in calls for check in (True, False)]
    results = inside.play([{**task, "no_log": False} for task in tasks])
    assert [bool(one.get("failed")) for one in results] == [False, False, False, True, False, False, False, False, False, False, True, True]
    playbook = (inside.folder / "playbook.json").read_text()
    assert MASTER_PASSWORD in playbook
    (inside.folder / "playbook.json").unlink()
    written = "".join(path.read_text(errors="replace") for path in inside.folder.rglob("*") if path.is_file())
    for password in (SHOP_PASSWORD, MASTER_PASSWORD, inside.password(shop), "canary-that-is-wrong"):
        for form in (password, base64.b64encode(password.encode()).decode().rstrip("=")):
            for where, text in {"output": inside.printed, "files": written, "server log": inside.server.log()}.items():
                assert form not in text, f"{where} has {form}"
    assert REGION in inside.printed
    assert Path(inside.folder, "summary.json").exists()
