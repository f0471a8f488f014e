#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_postgres_info
version_added: 0.1.0
short_description: Read the outputs of RDS for PostgreSQL instances from AWS
description:
  - Returns the same outputs as M(mainstay.aws.rds_postgres), and changes nothing.
  - With O(databases) the outputs are those of a plan of M(mainstay.aws.rds_postgres). Only described resources are published, regardless of
    what else carries the component's tags. Two resources that claim the same address are an error.
  - Without O(databases) everything that carries the tags of the component is published.
  - With this module, a component that depends on a database can run on its own, with C(--limit), with C(--tags), or as a separate job.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  databases:
    description:
      - Instances as M(mainstay.aws.rds_postgres) takes them.
    type: dict
  everything:
    description:
      - Whether to publish everything that carries the tags of the component although O(databases) is given. O(databases) then only says in
        which other regions to look.
    type: bool
    default: false
  network:
    description:
      - As in M(mainstay.aws.rds_postgres).
    type: dict
    default: {}
  adopt:
    description:
      - As in M(mainstay.aws.rds_postgres), for instances that have not been applied since. Nothing is marked.
    type: dict
    default: {}
  moved:
    description:
      - As in M(mainstay.aws.rds_postgres), for instances that have not been applied since. Nothing is marked.
    type: dict
    default: {}
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.rds_postgres
"""

EXAMPLES = r"""
- name: Find the databases of an environment
  mainstay.aws.rds_postgres_info:
    environment: prod
    region: af-south-1
  register: found

- name: Show where the database is
  ansible.builtin.debug:
    msg: "{{ found.outputs.databases.main.host }}:{{ found.outputs.databases.main.port }}"
"""

RETURN = r"""
outputs:
  description:
    - The outputs of M(mainstay.aws.rds_postgres), in the same format. If there is no instance, RV(outputs.databases) is empty.
  returned: always
  type: dict
  contains:
    databases:
      description: The instances by name.
      type: dict
      returned: always
      sample:
        main:
          identifier: prod-main
          host: prod-main.abcdefghijkl.af-south-1.rds.amazonaws.com
          port: 5432
    deferred:
      description: Addresses of resources that exist but are not ready yet.
      type: list
      elements: str
      returned: always
      sample: []
missing:
  description: Described addresses of resources that do not exist. Their values read C((known after apply)) in the outputs.
  returned: always
  type: list
  elements: str
  sample: []
found:
  description: Addresses of existing resources. With O(databases), only of described ones.
  returned: always
  type: list
  elements: str
  sample: [db_instance.main, db_subnet_group.main]
protected:
  description:
    - One sentence for each instance or replica with the component's tags that RDS refuses to delete, and what to set first.
  returned: always
  type: list
  elements: str
  sample:
    - >-
      RDS instance prod-main is protected against deletion. Set deletion.protection to false for main in rds_databases and run site.yml,
      then delete it.
target:
  description: Where the resources were found, as endpoint (null for AWS itself), region, account_id, and caller.
  returned: always
  type: dict
  sample: {endpoint: null, region: af-south-1, account_id: "123456789012", caller: "arn:aws:iam::123456789012:user/anna"}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.domain import SERVICES, read_found
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.spec import info_argument_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    read_found(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
