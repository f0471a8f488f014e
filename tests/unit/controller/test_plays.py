# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which of our modules a play will call."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.controller.plays import own_modules


def task(action: str, /, **args: str) -> Any:
    return SimpleNamespace(action=action, args=args)


def block(*tasks: Any, rescue: tuple[Any, ...] = ()) -> Any:
    return SimpleNamespace(block=list(tasks), rescue=list(rescue), always=[])


def play(*tasks: Any, roles: tuple[Any, ...] = (), **more: list[Any]) -> Any:
    return SimpleNamespace(**({"pre_tasks": [], "tasks": list(tasks), "post_tasks": [], "get_roles": lambda: list(roles)} | more))


def test_modules_of_tasks_and_roles_are_found_at_any_depth() -> None:
    role = SimpleNamespace(get_task_blocks=lambda: [block(block(task("mainstay.aws.b")), rescue=(task("mainstay.aws.c"),))])
    found = own_modules(
        play(roles=(role,), pre_tasks=[block(task("mainstay.aws.a"), task("ansible.builtin.debug"))], post_tasks=[block()]), ()
    )
    assert found == {"a", "b", "c"}


def test_modules_of_a_role_included_later_are_read_from_its_tasks() -> None:
    included = task("ansible.builtin.include_role", name="mainstay.aws.vpc", tasks_from="finish")
    other = task("ansible.builtin.include_role", name="somebody.elses.role")
    assert "vpc_network" in own_modules(play(block(included, other)), ())
    assert own_modules(play(block(other)), ()) == set()


def test_a_role_that_depends_on_the_host_is_one_that_a_group_is_named_after() -> None:
    included = task("ansible.builtin.include_role", name="mainstay.aws.{{ role }}", tasks_from="{{ entry }}")
    assert own_modules(play(block(included)), ["all", "vpc"]) == {"vpc_network"}


def test_only_what_the_entry_point_can_reach() -> None:
    """Imports cost time in each run, so modules of other entry points are excluded; those of included files are not."""
    assert own_modules(play(task("include_role", name="mainstay.aws.eks")), ()) == {"eks_cluster", "k8s_objects", "vpc_network_info"}
    assert "eks_upgrade_check" in own_modules(play(task("include_role", name="mainstay.aws.eks", tasks_from="upgrade.yml")), ())
