"""Write the IAM policies required to plan and apply an inventory. Called by make policies."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

from scripts.rehearse import inventory_path
from scripts.terminal import BIN, ROOT, Problem, fail, isolated_environment, say


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.policies", description=__doc__)
    parser.add_argument("environment", help="the name of a folder in inventories/")
    parser.add_argument("arguments", nargs="*", help="for ansible-playbook, after --")
    options = parser.parse_args(arguments)
    try:
        inventory = inventory_path(options.environment).relative_to(ROOT)
    except Problem as error:
        fail(str(error))
        return 1
    command = [str(BIN / "ansible-playbook"), "playbooks/permissions.yml", "-i", str(inventory), *options.arguments]
    # This makes no AWS calls, so it runs without credentials.
    code = subprocess.run(command, cwd=ROOT, env=isolated_environment({}), check=False).returncode
    if code == 0:
        say(f"The policies are in artifacts/policies/{options.environment}; docs/permissions.md explains how to use them")
    return code


if __name__ == "__main__":
    sys.exit(main())
