#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A test-only module that returns the plan it is given, as a module of the collection would."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "plan": {"type": "dict", "required": True},
            "fail": {"type": "bool", "default": False},
            "secret": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    plan = {"format": 1, **module.params["plan"], "check_mode": module.check_mode}
    caller = "arn:aws:iam::123456789012:user/ci"
    plan.setdefault("target", {"endpoint": None, "account_id": "123456789012", "region": "af-south-1", "caller": caller})
    plan.setdefault("environment", "test")
    for action in plan["actions"]:
        action.setdefault("outcome", "planned" if module.check_mode else "done")
    changed = bool(plan["actions"])
    if module.params["fail"]:
        module.fail_json(msg="1 resource failed", plan=plan, changed=changed)
    module.exit_json(changed=changed, plan=plan)


if __name__ == "__main__":
    main()
