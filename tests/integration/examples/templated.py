# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A program: resolves the templates of the role app_deploy for the applications of the inventories in its arguments, and prints them. An
inventory may be followed by @ and a file of further variables.

It imports nothing of the collection: Ansible's loader of collections has to be there first, and belongs to a process.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from scripts.terminal import ROOT

ROLE = ROOT / "roles" / "app_deploy"
EXPRESSIONS = {
    "environment": "{{ platform_environment }}",
    "ingress": "{{ app_deploy_ingress }}",
    "domains": "{{ __app_deploy_inventory.zones.values() | map(attribute='domain') | list }}",
    "release": "{{ __app_deploy_settings | mainstay.aws.application_release(__app_deploy_inventory) }}",
}


def main(inventories: list[str]) -> None:
    init_plugin_loader([str(ROOT / "collections")])
    loader = DataLoader()
    defaults, internals = (loader.load_from_file(str(ROLE / part / "main.yml"), trusted_as_template=True) for part in ("defaults", "vars"))
    found: dict[str, dict[str, Any]] = {}
    for inventory in inventories:
        folder, _at, extra = inventory.partition("@")
        further = loader.load_from_file(str(ROOT / extra), trusted_as_template=True) if extra else {}
        hosts = InventoryManager(loader=loader, sources=[str(ROOT / folder)])
        manager = VariableManager(loader=loader, inventory=hosts)
        HostVars(inventory=hosts, variable_manager=manager, loader=loader)  # makes hostvars a variable
        found[inventory] = {}
        for host in hosts.get_hosts("app_deploy"):
            templar = Templar(loader=loader, variables={**defaults, **manager.get_vars(host=host), **further, **internals})
            found[inventory][host.name] = {name: templar.template(trust_as_template(text)) for name, text in EXPRESSIONS.items()}
    print(json.dumps(found, default=str))


if __name__ == "__main__":
    main(sys.argv[1:])
