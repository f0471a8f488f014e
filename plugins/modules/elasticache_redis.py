#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticache_redis
version_added: 0.1.0
short_description: Create, change, upgrade and remove ElastiCache replication groups with everything they need
description:
  - Brings the caches of one component to the described state in one call. A cache is an ElastiCache replication group of Valkey or Redis
    with its subnet group, parameter group, key, log groups, users, and secrets.
  - Nothing is stored outside AWS. The component's resources are found by their tags C(mainstay:environment), C(mainstay:component), and
    C(mainstay:address), and by their name prefixes.
  - A call first reads everything, then computes a plan, then applies it with as much parallelism as the dependencies allow. In check mode
    it stops after the plan, which is complete even for an empty account.
  - Replacements and deletions require consent in O(allow_replace) and O(purge). The plan shows which actions lack it. Upgrades to another
    major version or engine cannot be undone and require consent in O(allow_upgrade).
  - No token and no password is an option, a result, or part of a log. They are generated into AWS Secrets Manager.
  - To finish a call that was interrupted at any point, run it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  caches:
    description:
      - The caches, by name. Required with O(state=present). A cache that is no longer listed is deleted, given consent in O(purge).
      - C(node_type) is required. O(network) supplies the subnets and security groups. The defaults are suitable for production.
      - C(engine) is V(valkey) or V(redis). C(version) is a major version in quotes, such as V("8"), or a major and a minor one, such as
        V("8.2"). It defaults to V("8") of Valkey and V("7") of Redis. AWS's own minor upgrades are left alone, and nothing is lowered.
      - C(identifier) is the identifier of the replication group in AWS. It defaults to O(environment), a hyphen, and the name used here.
      - C(cluster_mode) is V(disabled), V(compatible), or V(enabled). A cache that exists goes from one to the next, one step a run.
      - C(shards) is their number (V(1)), or has an entry for each shard by its ID, such as V("0001"), with C(replicas). C(replicas) is the
        number of replicas of each shard, V(1) in the environments V(prod) and V(production), V(0) elsewhere.
      - C(multi_az), on by default in V(prod) and V(production), requires a replica of every shard. Automatic failover is on whenever there
        are replicas.
      - C(port) (V(6379)) cannot be changed later. C(subnet_ids) and C(security_group_ids) override those of O(network).
      - C(tls) is V(required), V(preferred), or V(off). A cache without TLS gets it in two runs, V(preferred) first.
      - C(at_rest) is V(key), the default. V(aws) (AWS's own key) and V(none) describe a cache that was made elsewhere and is taken over.
      - C(kms_key_arn) is your own key, used instead of the component's. An existing cache cannot change it.
      - C(auth) is V(users), V(token), or V(none). It defaults to V(users) if C(users) is given, and to V(token) otherwise.
      - C(users) has users by name, each with C(access), its rules in the syntax of access control lists such as V(on ~app:* +@all), and
        C(login), V(password) or V(iam). A password is generated; another C(rotation) generates another one, and C(previous) (V(accept) or
        V(refuse)) decides whether the one before is still accepted. The name to log in with is in RV(outputs.caches).
      - C(token) has C(rotation) and C(previous) for the generated token, or C(secret_arn) of a secret that others keep.
      - C(parameters) are engine parameters by name.
      - C(snapshots) has C(retention_days) (0 to 35, required in V(prod) and V(production)) and C(window). C(maintenance) has C(window),
        C(minor_upgrades) (V(true)), and C(topic_arn) for notifications.
      - C(logs) has C(types), V(slow-log) and V(engine-log), each with its format, V(json) or V(text), and C(retention_days) (V(30)).
      - C(deletion) has C(final_snapshot) (V(true)). C(restore_from) is the name of a snapshot from which a new cache is created, or
        V(latest_final).
      - C(tags) are added to every resource of the cache.
      - All settings are checked before the first change, and all problems are reported at once.
    type: dict
  network:
    description:
      - The network for caches that do not specify their own, with C(subnet_ids), C(security_group_ids), and C(vpc_id).
      - C(subnet_zones) may list the availability zone of each subnet, in the same order.
    type: dict
    default: {}
  allow_upgrade:
    description:
      - Names of caches that this call may upgrade to another major version, or from Redis to Valkey; V(*) means all.
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
  - module: mainstay.aws.elasticache_redis_info
  - module: mainstay.aws.vpc_network
"""

EXAMPLES = r"""
- name: Create a production cache in the database subnets of a network
  mainstay.aws.elasticache_redis:
    environment: prod
    component: cache
    region: af-south-1
    network: "{{ vpc_outputs.networks | mainstay.aws.database_network('main', group='cache', role='redis') }}"
    caches:
      main:
        node_type: cache.t4g.small
        snapshots: {retention_days: 7}
        users:
          app: {access: "on ~app:* +@all -@dangerous"}

- name: Upgrade it from Redis to Valkey, which cannot be undone
  mainstay.aws.elasticache_redis:
    environment: prod
    component: cache
    region: af-south-1
    network: "{{ vpc_outputs.networks | mainstay.aws.database_network('main', group='cache', role='redis') }}"
    allow_upgrade: [main]
    caches:
      main:
        engine: valkey
        node_type: cache.t4g.small
        snapshots: {retention_days: 7}
"""

RETURN = r"""
outputs:
  description:
    - The values that other components need. The keys are the same in check mode; values known only after an apply read
      C((known after apply)).
  returned: always
  type: dict
  contains:
    caches:
      description:
        - The caches by name. C(host) and C(port) are where clients connect; with cluster mode, C(host) is the configuration endpoint, from
          which they discover all nodes.
        - The secrets are named by their ARNs. Their values are JSON with C(password), and C(username) for users.
      type: dict
      returned: always
      sample:
        main:
          identifier: prod-main
          arn: arn:aws:elasticache:af-south-1:123456789012:replicationgroup:prod-main
          host: master.prod-main.abcdef.afs1.cache.amazonaws.com
          port: 6379
          reader_host: replica.prod-main.abcdef.afs1.cache.amazonaws.com
          configuration_endpoint: null
          primary_endpoint: master.prod-main.abcdef.afs1.cache.amazonaws.com
          reader_endpoint: replica.prod-main.abcdef.afs1.cache.amazonaws.com
          engine: valkey
          engine_version: 8.2.0
          token_secret_arn: null
          user_secret_arns: {app: "arn:aws:secretsmanager:af-south-1:123456789012:secret:/mainstay/prod/cache/main/user-app-AbCdEf"}
          user_names: {app: prod-main-app}
          parameter_group: prod-main-valkey8
          kms_key_arn: arn:aws:kms:af-south-1:123456789012:key/12345678-1234-1234-1234-123456789012
          log_group_names: {slow-log: /aws/vendedlogs/elasticache/prod-main/slow-log}
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
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 9, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.spec import REQUIRED_IF, argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True, required_if=REQUIRED_IF))


if __name__ == "__main__":
    main()
