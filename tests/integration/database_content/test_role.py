# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The role's tasks for what is inside an instance: planned before it exists, made, and connected to from another host."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.runs import run_playbook

from .support import ACCOUNT, MASTER_PASSWORD, REGION, Inside


def play(inside: Inside, *arguments: str, **variables: Any) -> tuple[int, str]:
    """The tasks with these variables; the exit status and what was printed."""
    name = inside.named("db")
    shop, team = inside.named("shop"), inside.named("team")
    given = {
        "platform_environment": "prod",
        "platform_component": inside.component,
        "platform_region": REGION,
        "platform_account_id": ACCOUNT,
        "platform_poll_interval": 0.05,
        "platform_settle_seconds": 1,
        "ansible_python_interpreter": sys.executable,
        "rds_ca_bundle": str(inside.server.fleet.ca_bundle),
        "rds_databases": {
            "main": {
                "databases": {name: {"owner": team, "access": {shop: "write"}, "extensions": ["vector"]}},
                "users": {shop: None, team: {"login": "none"}},
            }
        },
        "rds_outputs": {
            "databases": {
                "main": {
                    "host": inside.server.endpoint.host,
                    "port": inside.server.endpoint.port,
                    "master_secret_arn": inside.master_arn,
                    "user_secret_arns": {shop: inside.arns[shop]},
                }
            }
        },
        **variables,
    }
    playbook, inventory = inside.folder / "role.json", inside.folder / "hosts.json"
    tasks = [{"name": "Inside", "ansible.builtin.import_role": {"name": "mainstay.aws.rds", "tasks_from": "content.yml"}}]
    playbook.write_text(json.dumps([{"hosts": "database", "gather_facts": False, "tasks": tasks}]))
    hosts = {name: {"ansible_connection": "local", **given} for name in ("database", "jump")}
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    command = ["-i", str(inventory), str(playbook), "--diff", "-vvv", *arguments]
    done = run_playbook(command, inside.environment("apply"), inside.folder, timeout=300)
    assert MASTER_PASSWORD not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


def test_an_instance_that_does_not_exist_yet_is_planned_and_then_made(inside: Inside) -> None:
    inside.secret("shop", inside.named("shop"), "canary-of-the-shop-0123456789")
    status, printed = play(
        inside, "--check", rds_outputs={"databases": {"main": {"host": "(known after apply)", "port": "(known after apply)"}}}
    )
    assert (status, "5 to add" in printed) == (0, True), printed
    status, printed = play(inside)
    assert (status, "5 added" in printed or "changed=1" in printed) == (0, True), printed
    status, printed = play(inside)
    assert (status, "changed=0" in printed) == (0, True), printed


def test_another_host_gets_the_secret_of_the_login_from_this_one(inside: Inside) -> None:
    inside.secret("shop", inside.named("shop"), "canary-of-the-shop-0123456789")
    status, printed = play(inside, rds_sql_host="jump")
    assert (status, "database -> jump" in printed) == (0, True), printed


def test_a_user_gets_a_new_password_on_request(inside: Inside) -> None:
    inside.secret("shop", inside.named("shop"), "canary-of-the-shop-0123456789")
    play(inside)
    status, printed = play(inside, rds_rotate={"main": [inside.named("shop")]})
    assert status == 0, printed
    assert inside.password(inside.named("shop")) != "canary-of-the-shop-0123456789"
