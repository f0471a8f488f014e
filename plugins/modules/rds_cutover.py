#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_cutover
version_added: 0.1.0
short_description: Switch applications over to a restored DB instance
description:
  - Renames the DB instance that applications use, and gives its identifier to the restored one. The endpoint's host name follows the
    identifier, so applications keep their settings.
  - The tags by which the role P(mainstay.aws.rds#role) finds its instance move along, so the role manages the restored one from then on.
  - Open connections, read replicas, targets of RDS Proxy, and replicated automated backups do not follow a rename. The module looks for
    them first, and refuses until O(accept) names each kind that exists.
  - Running it again continues an interrupted cut-over. Do not run the role at the same time.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  name:
    description:
      - Identifier of the DB instance that applications use.
    type: str
    required: true
  target:
    description:
      - Identifier of the DB instance that takes its place, from M(mainstay.aws.rds_restore).
    type: str
    required: true
  old_name:
    description:
      - Identifier that the old DB instance gets. Defaults to C(<name>-before-<date>).
    type: str
    default: ""
  by:
    description:
      - V(rename) carries it out. V(application) changes nothing, and says which setting of the applications to change instead.
    type: str
    choices: [rename, application]
    default: rename
  accept:
    description:
      - What may stay behind.
    type: list
    elements: str
    choices: [connections, replicas, proxies, backup_replication]
    default: []
  any_target:
    description:
      - Whether O(target) may be an instance that was not restored from O(name).
    type: bool
    default: false
  timeout:
    description:
      - Seconds that the cut-over may take. It waits for both instances to be available.
    type: float
    default: 3600
  poll_interval:
    description:
      - Maximum interval between two polls, in seconds. The first polls are closer together.
    type: float
    default: 10
extends_documentation_fragment:
  - mainstay.aws.role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Makes all checks and lists the steps, without changing anything.
    support: full
  diff_mode:
    description: Lists the steps.
    support: full
seealso:
  - module: mainstay.aws.rds_restore
"""

EXAMPLES = r"""
- name: Put the restored database in place
  mainstay.aws.rds_cutover:
    name: orders
    target: orders-restored

- name: Go back to the database that was in place before
  mainstay.aws.rds_cutover:
    name: orders
    target: orders-before-2026-11-30
    old_name: orders-restored

- name: Only say which setting the applications need
  mainstay.aws.rds_cutover:
    name: orders
    target: orders-restored
    by: application
"""

RETURN = r"""
msg:
  description: The result in words.
  returned: always
  type: str
  sample: orders is now db-DEF, and the instance before it is called orders-before-2026-11-30.
state:
  description:
    - V(done), V(would_cut_over) in check mode, V(printed) with O(by=application), V(failed), or V(refused). The last two fail the task.
      V(refused) means that nothing was changed.
  returned: always
  type: str
  sample: done
reason:
  description: The reason as a stable code.
  returned: always
  type: str
  sample: done
exit_code:
  description: V(0), V(3) for RV(state=failed), or V(4) for RV(state=refused).
  returned: always
  type: int
  sample: 0
name:
  description: The option.
  returned: if the options are valid
  type: str
  sample: orders
old_name:
  description: What the old instance is called.
  returned: if the options are valid
  type: str
  sample: orders-before-2026-11-30
instance:
  description: The instance that is put in place, as RV(mainstay.aws.rds_restore#module:instance).
  returned: if the options are valid
  type: dict
  sample: {identifier: orders, resource_id: db-DEF}
before:
  description: The old instance.
  returned: if the options are valid
  type: dict
  sample: {identifier: orders-before-2026-11-30, resource_id: db-ABC}
done:
  description: The steps of this run.
  returned: if the options are valid
  type: list
  elements: str
  sample: [rename orders to orders-before-2026-11-30]
left:
  description: The steps that are left.
  returned: if the options are valid
  type: list
  elements: str
  sample: []
way_back:
  description: How to undo it.
  returned: if the options are valid
  type: str
  sample: "To go back: rds_cutover with name orders, target orders-before-2026-11-30, and old_name orders-restored."
attached:
  description: What was found that does not follow a rename.
  returned: if the options are valid
  type: dict
  sample: {connections: 0.0, replicas: [], proxies: [], backup_replication: []}
notes:
  description: What else has to be done.
  returned: if the options are valid
  type: list
  elements: str
  sample: ["Policies that allow rds-db:connect for db-ABC have to name db-DEF."]
api_calls:
  description: Number of AWS calls.
  returned: if the options are valid
  type: dict
  sample: {read: 12, write: 6}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.restore.cutover_answer import SERVICES, argument_spec, run

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
