#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_postgres
version_added: 0.1.0
short_description: Create, change, upgrade and remove RDS for PostgreSQL instances with everything they need
description:
  - Brings the PostgreSQL instances of one component to the described state in one call. An instance consists of the DB instance with its
    subnet group, parameter group, key, log groups, monitoring role, and secrets, its read replicas, and its RDS Proxy.
  - Nothing is stored outside AWS. The component's resources are found by their tags C(mainstay:environment), C(mainstay:component), and
    C(mainstay:address), by their IAM path, and by their name prefixes.
  - A call first reads everything, then computes a plan, then applies it with as much parallelism as the dependencies allow. In check mode
    it stops after the plan, which is complete even for an empty account.
  - Replacements and deletions require consent in O(allow_replace) and O(purge). The plan shows which actions lack it. Restarts for static
    parameters and major upgrades require consent in O(allow_reboot) and O(allow_major_upgrade).
  - No password is an option, a result, or part of a log. Passwords are generated into AWS Secrets Manager, by RDS or by this module.
  - To finish a call that was interrupted at any point, run it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  databases:
    description:
      - The instances, by name. Required with O(state=present). An instance that is no longer listed is deleted, given consent in O(purge).
      - C(version), C(class), and C(storage) with C(size) are required. O(network) supplies the subnets and security groups. The defaults
        are suitable for production.
      - C(version) is a major version of PostgreSQL, in quotes, such as V("17"), or an exact one such as V("17.4"). A major version means
        its newest minor version when the instance is created; afterwards the instance is never lowered.
      - C(identifier) is the identifier of the instance in AWS. It defaults to O(environment), a hyphen, and the name used here.
      - C(class) is the DB instance class.
      - C(storage) has C(size) in GiB, C(type) (V(gp3), V(io2), V(io1), or V(gp2)), C(iops), C(throughput) in MiB/s, and C(autoscale_to),
        the limit of storage autoscaling in GiB. The limit defaults to twice the size; V(none) turns autoscaling off. gp3 takes C(iops)
        and C(throughput) from 400 GiB on.
      - C(port) (V(5432)). C(multi_az), on by default in the environments V(prod) and V(production), or C(zone) for an instance in one zone.
      - C(subnet_ids) and C(security_group_ids) override those of O(network).
      - C(master) has C(username) (V(dbadmin)) and C(credentials). With V(managed), RDS keeps the password in a secret and rotates it
        every C(rotation_days) (V(7)). With V(generated), this module keeps it in a secret of the component; another value of C(rotation)
        generates another one. With V(iam), there is no password. RDS does not allow read replicas of an instance with V(managed)
        credentials.
      - C(kms_key_arn) is your own key for storage and insights, used instead of the component's. An existing instance cannot change it.
      - C(iam_authentication) (V(true)) allows logins with IAM. C(ca) is the certificate authority, such as V(rds-ca-rsa2048-g1).
      - C(lifecycle_support) is V(standard) or V(extended). With V(standard), AWS upgrades the instance automatically at the end of standard
        support. V(extended) is charged for per vCPU and hour from then on.
      - C(backups) has C(retention_days) (0 to 35; V(30) in V(prod) and V(production), V(7) elsewhere), C(window), C(copy_tags), and
        C(replicate_to) with C(region), C(retention_days), and C(kms_key_arn), for automated backups in another region.
      - C(maintenance) has C(window), C(minor_upgrades) (V(true)), and C(apply). With V(window), changes that interrupt the database wait
        for the maintenance window; with V(now), they do not.
      - C(monitoring) has C(interval) (V(60) seconds; V(0) turns it off), C(insights) (V(standard), V(advanced), or V(none)),
        C(insights_retention_days), C(log_exports) (V(postgresql), V(upgrade), V(iam-db-auth-error)), and C(log_retention_days) (V(365)).
      - C(deletion) has C(protection), on by default in V(prod) and V(production), C(final_snapshot) (V(true)), and C(automated_backups)
        (V(keep) or V(delete), also for those that were replicated).
      - C(parameters) are engine parameters by name, over this module's defaults; null removes a default. A change of the major version
        moves them to a parameter group of the new family.
      - C(replicas) has read replicas by name, each with C(identifier), C(class), C(zone), C(multi_az), C(autoscale_to), C(parameters),
        and C(tags), and for another region C(region), C(subnet_ids), C(security_group_ids), and C(kms_key_arn). Settings that
        are not given are those of the source. C(promoted) (V(false)) turns one into a standalone database, or accepts one that was promoted
        without this module.
      - C(proxy) is an RDS Proxy, with C(auth) (V(password) or V(iam)), C(users), C(idle_timeout), C(borrow_timeout),
        C(max_connections_percent), C(max_idle_connections_percent), C(session_pinning_filters), and C(init_query). An empty mapping creates
        one with all defaults.
      - C(databases) and C(users) are what is inside the instance, as M(mainstay.aws.postgres_objects) takes them. This module creates the
        secrets of users with a password, whose value it changes with another C(rotation), and checks that extensions are offered.
      - C(tags) are added to every resource of the instance.
      - All settings are checked before the first change, and all problems are reported at once.
    type: dict
  network:
    description:
      - The network for instances that do not specify their own, with C(subnet_ids), C(security_group_ids), and C(vpc_id).
      - C(subnet_zones) may list the availability zone of each subnet, in the same order. A plan needs them for subnets that do not exist
        yet.
    type: dict
    default: {}
  allow_reboot:
    description:
      - Names of instances that this call may restart, because a changed static parameter takes effect in no other way. Replicas are
        written as C(<instance>/<replica>); V(*) means all.
    type: list
    elements: str
    default: []
  allow_major_upgrade:
    description:
      - Names of instances that this call may upgrade to another major version, after it has taken a snapshot; V(*) means all.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - mainstay.aws.component
  - mainstay.aws.component.change
  - mainstay.aws.component.patience
  - mainstay.aws.component.apply
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Returns the plan without changing anything.
    support: full
  diff_mode:
    description: Returns one entry for each resource that changes, with its properties before and after.
    support: full
seealso:
  - module: mainstay.aws.rds_postgres_info
  - module: mainstay.aws.vpc_network
"""

EXAMPLES = r"""
- name: Create a production database in the database subnets of a network
  mainstay.aws.rds_postgres:
    environment: prod
    region: af-south-1
    network: "{{ vpc_outputs.networks | mainstay.aws.database_network('main') }}"
    databases:
      main:
        version: "17"
        class: db.m7g.large
        storage: {size: 100}

- name: Create a database with a replica for reports and a proxy
  mainstay.aws.rds_postgres:
    environment: dev
    region: eu-west-1
    network: "{{ network }}"
    databases:
      shop:
        version: "17"
        class: db.t4g.medium
        storage: {size: 400, iops: 12000, throughput: 500, autoscale_to: none}
        master: {credentials: generated, rotation: "2026-11"}
        replicas:
          reports: {class: db.t4g.large, parameters: {hot_standby_feedback: true}}
        proxy: {users: [shop]}
        databases:
          shop: {owner: shop, extensions: [vector]}
        users:
          shop: {}

- name: Apply a static parameter
  mainstay.aws.rds_postgres:
    environment: dev
    region: eu-west-1
    network: "{{ network }}"
    allow_reboot: [shop]
    databases:
      shop:
        version: "17"
        class: db.t4g.medium
        storage: {size: 20}
        parameters: {max_connections: 200}

- name: Remove the databases of the component
  mainstay.aws.rds_postgres:
    environment: dev
    region: eu-west-1
    state: absent
"""

RETURN = r"""
outputs:
  description:
    - The values that applications need; never a password. The keys are the same in check mode; values known only after an apply read
      C((known after apply)).
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
          arn: arn:aws:rds:af-south-1:123456789012:db:prod-main
          resource_id: db-ABCDEFGHIJKLMNOPQRSTUVWXYZ
          host: prod-main.abcdefghijkl.af-south-1.rds.amazonaws.com
          port: 5432
          reader_hosts: {}
          promoted_hosts: {}
          proxy_host: null
          engine_version: "17.6"
          parameter_group: prod-main-postgres17
          master_username: dbadmin
          master_secret_arn: arn:aws:secretsmanager:af-south-1:123456789012:secret:rds!db-1234-AbCdEf
          user_secret_arns: {shop: "arn:aws:secretsmanager:af-south-1:123456789012:secret:/mainstay/prod/database/main/user-shop-AbCdEf"}
          databases: [shop]
          ca_bundle_url: https://truststore.pki.rds.amazonaws.com/af-south-1/af-south-1-bundle.pem
          kms_key_arn: arn:aws:kms:af-south-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
          log_group_names: {postgresql: /aws/rds/instance/prod-main/postgresql}
    deferred:
      description: Resources that were started but not waited for, and those that depend on them. Empty unless O(defer) is set; see there.
      type: list
      elements: str
      returned: always
      sample: []
plan:
  description:
    - The actions that were or would be taken, for people and programs, in the format that M(mainstay.aws.vpc_network) returns. The
      callback P(mainstay.aws.plan_summary#callback) prints it.
    - C(note) states how long the versions are supported, and what is charged for beyond the instance.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 12, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.spec import REQUIRED_IF, argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True, required_if=REQUIRED_IF))


if __name__ == "__main__":
    main()
