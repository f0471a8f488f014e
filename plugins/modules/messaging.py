#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: messaging
version_added: 0.1.0
short_description: Create, change and remove SQS queues, brokers of RabbitMQ, and clusters of Kafka with everything they need
description:
  - Brings the queues, brokers, and streams of one component to the described state in one call, with their dead-letter queues, policies,
    configurations, secrets, and keys.
  - Nothing is stored outside AWS. The component's resources are found by their tags C(mainstay:environment), C(mainstay:component), and
    C(mainstay:address), and by the names of the described ones.
  - A call first reads everything, then computes a plan, then applies it with as much parallelism as the dependencies allow. In check mode
    it stops after the plan, which is complete even for an empty account.
  - Replacements and deletions require consent in O(allow_replace) and O(purge), which must name C(message_queue), C(mq_broker), or
    C(msk_cluster), since they hold messages. The plan shows which actions lack it, and how many messages would be deleted.
  - To finish a call that was interrupted at any point, run it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  queues:
    description:
      - The SQS queues, by name. A queue that is no longer listed is deleted, given consent in O(purge).
      - C(name) is the name in AWS. It defaults to O(environment), a hyphen, and the name used here, followed by C(.fifo) for FIFO queues.
      - C(fifo) (V(false)) makes a FIFO queue, which can have C(content_based_deduplication) and C(high_throughput). To change the type is
        to replace the queue.
      - C(delay_seconds), C(max_message_bytes), C(receive_wait_seconds), C(retention_seconds), and C(visibility_timeout_seconds) keep the
        value that the queue has in AWS unless they are given. Shorter retention requires consent in O(allow_message_loss).
      - C(encryption) is V(sqs), the default (SQS's own keys), V(kms), or V(none). C(kms_key) is V(component) (the component's own key, the
        default), V(aws) (C(alias/aws/sqs)), or the ARN of a key. C(key_reuse_seconds) is how long SQS reuses a data key.
      - C(senders) may send besides the account's own identities, each type a list. C(topics) are ARNs of SNS topics, C(buckets) names of S3
        buckets, C(rules) ARNs of EventBridge rules, and C(accounts) IDs of accounts.
      - C(dead_letter) is V(true), the default, for a dead-letter queue of its own; V(false); or a mapping with C(max_receive_count) (V(5)),
        C(retention_seconds) (14 days), and C(queue), the name of another queue described here to be used instead.
      - C(tags) are added to the queue and its dead-letter queue.
      - All settings are checked before the first change, and all problems are reported at once.
    type: dict
  brokers:
    description:
      - The brokers of RabbitMQ on Amazon MQ, by name. A broker that is no longer listed is deleted with its messages, given consent in
        O(purge) that names C(mq_broker).
      - C(instance_type) is required, such as V(mq.m7g.large). C(version) is V(3.13), V(4.2), or V(4.3), the default, in quotes and without
        a patch version. RabbitMQ 4 runs on C(mq.m7g) types only.
      - C(deployment) is V(cluster), three nodes in up to three zones and the default in production, or V(single).
      - C(broker_name) is the name in AWS. It defaults to O(environment), a hyphen, and the name used here.
      - C(subnet_ids) and C(security_group_ids) default to those of O(network). A single broker takes the first subnet.
      - C(at_rest) is V(key), the default (the component's key, or C(kms_key_arn)), or V(aws) (Amazon MQ's own).
      - C(administrator) has C(username) (V(administrator)) and C(rotation), a marker; another marker generates another password. The
        password is generated and kept in a secret.
      - >-
        C(configuration) has options of RabbitMQ, such as V({consumer_timeout: 3600000}).
      - C(maintenance) has C(window), the beginning of the weekly two hours in UTC, such as V(sun:03:00).
      - C(logs) has C(general) (V(true)). C(tags) are added to everything that belongs to the broker.
      - C(vhosts) and C(users) are what M(mainstay.aws.rabbitmq_objects) makes inside. This module makes the secret of each user, with
        C(rotation) as above.
      - Every change but that of the window waits for a reboot or the maintenance window; see O(allow_reboot).
    type: dict
  streams:
    description:
      - The clusters of Apache Kafka on Amazon MSK, by name. A stream that is no longer listed is deleted with its data, given consent in
        O(purge) that names C(msk_cluster).
      - C(serverless) (V(false)) leaves everything but C(cluster_name), C(subnet_ids), C(security_group_ids), and C(tags) to MSK; clients
        log in with IAM.
      - C(instance_type) is the type of Standard brokers, such as V(kafka.m7g.large), and required otherwise. C(brokers) is how many there
        are, a multiple of the number of subnets and by default one in each. C(storage_gib) (V(100)) is the storage of each. Both only
        grow.
      - C(version) is V(4.1), the default, or another version with KRaft, in quotes. MSK is asked which it offers.
      - C(cluster_name) is the name in AWS. It defaults to O(environment), a hyphen, and the name used here.
      - C(subnet_ids), in at least two zones, and C(security_group_ids) default to those of O(network).
      - C(kms_key_arn) is the key for the data; by default the component's own.
      - >-
        C(auth) says how clients log in: C(iam) (V(true)); C(scram), users with a C(rotation) each, whose passwords are generated and kept
        in secrets; C(tls), the ARNs of the private certificate authorities whose client certificates are accepted; and C(unauthenticated)
        (V(false)), which lets everybody in who reaches it.
      - C(in_transit) is V(tls), the default, or V(tls_plaintext), which needs C(auth.unauthenticated).
      - >-
        C(configuration) has options of C(server.properties), such as V({num.partitions: 6}). C(auto.create.topics.enable) is V(false)
        unless it is given.
      - >-
        C(topics) are topics of Kafka, by name, with C(partitions) (V(1)), C(replication) (by default one replica in each zone, and at most
        three), and C(configuration), options such as V({retention.ms: 604800000}). They are created, given more partitions, and configured,
        and never deleted. One that exists is taken over, with the options that are not described. Fewer partitions and another
        C(replication) are refused. Topics that are not described are left alone.
      - C(monitoring) is V(default), V(per_broker), V(per_topic_per_broker), or V(per_topic_per_partition). C(open_monitoring) has C(jmx)
        and C(node), the exporters for Prometheus (both V(false)). C(logs) has C(broker) (V(true)) and C(retention_days) (V(30)). C(tags)
        are added to the cluster.
      - MSK makes one change at a time, broker by broker, and the call waits for each of them.
    type: dict
  network:
    description:
      - The network of brokers and streams that name none, with C(subnet_ids), C(security_group_ids), C(subnet_zones) (the zone of each
        subnet), and C(vpc_id).
    type: dict
    default: {}
  allow_message_loss:
    description:
      - Names of queues whose retention this call may shorten, which deletes older messages; V(*) means all.
    type: list
    elements: str
    default: []
  allow_reboot:
    description:
      - Names of brokers that this call may reboot, so that it makes what waits for the maintenance window; V(*) means all. A cluster's
        nodes are rebooted one by one; a single broker is away for minutes.
    type: list
    elements: str
    default: []
  allow_upgrade:
    description:
      - Names of brokers that this call may upgrade from RabbitMQ 3 to 4, and of streams whose Kafka it may upgrade; V(*) means all. There
        is no way back. No client gets into a broker of RabbitMQ meanwhile; Kafka is upgraded broker by broker.
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
  - module: mainstay.aws.messaging_info
  - module: mainstay.aws.rabbitmq_objects
"""

EXAMPLES = r"""
- name: Create a queue for e-mail and a FIFO queue for orders, each with a dead-letter queue
  mainstay.aws.messaging:
    environment: prod
    component: queues
    region: af-south-1
    queues:
      email:
        visibility_timeout_seconds: 120
        senders:
          topics: ["arn:aws:sns:af-south-1:123456789012:notifications"]
      orders:
        fifo: true
        encryption: kms
        dead_letter: {max_receive_count: 3}

- name: Create a broker of RabbitMQ with an account for an application
  mainstay.aws.messaging:
    environment: prod
    component: queues
    region: af-south-1
    network:
      subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
      security_group_ids: [sg-0123456789abcdef0]
    brokers:
      jobs:
        instance_type: mq.m7g.large
        maintenance: {window: "sun:03:00"}
        vhosts:
          shop:
            queues: {orders: {}}
        users:
          worker: {permissions: {shop: write}}

- name: Create a cluster of Kafka with six brokers, and a serverless one
  mainstay.aws.messaging:
    environment: prod
    component: queues
    region: af-south-1
    network:
      subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1, subnet-0123456789abcdef2]
      security_group_ids: [sg-0123456789abcdef0]
    streams:
      events:
        instance_type: kafka.m7g.large
        brokers: 6
        storage_gib: 500
        configuration: {num.partitions: 6, log.retention.hours: 72}
        topics:
          orders: {partitions: 6, replication: 3, configuration: {retention.ms: 604800000}}
      clicks:
        serverless: true
"""

RETURN = r"""
outputs:
  description:
    - The values that other components need. The keys are the same in check mode; values known only after an apply read
      C((known after apply)).
  returned: always
  type: dict
  contains:
    queues:
      description: The queues by name. C(dead_letter_name) is null for a queue without one.
      type: dict
      returned: always
      sample:
        orders:
          name: prod-orders.fifo
          url: https://sqs.af-south-1.amazonaws.com/123456789012/prod-orders.fifo
          arn: arn:aws:sqs:af-south-1:123456789012:prod-orders.fifo
          dead_letter_name: prod-orders-dead-letter.fifo
          fifo: true
    brokers:
      description:
        - The brokers by name. C(console_url) is also the address of the management API. C(engine_version) is the one that runs, patch
          version included.
      type: dict
      returned: always
      sample:
        jobs:
          id: b-1234a5b6-78cd-901e-2fgh-3i45j6k178l9
          name: prod-jobs
          arn: arn:aws:mq:af-south-1:123456789012:broker:prod-jobs:b-1234a5b6-78cd-901e-2fgh-3i45j6k178l9
          engine_version: 4.3.0
          instance_type: mq.m7g.large
          deployment_mode: CLUSTER_MULTI_AZ
          endpoints: ["amqps://b-1234a5b6-78cd-901e-2fgh-3i45j6k178l9.mq.af-south-1.on.aws:5671"]
          console_url: https://b-1234a5b6-78cd-901e-2fgh-3i45j6k178l9.mq.af-south-1.on.aws
          admin_username: administrator
          admin_secret_arn: arn:aws:secretsmanager:af-south-1:123456789012:secret:/mainstay/prod/queues/jobs/administrator-AbCdEf
          user_secret_arns: {worker: "arn:aws:secretsmanager:af-south-1:123456789012:secret:/mainstay/prod/queues/jobs/user-worker-AbCdEf"}
    streams:
      description:
        - The streams by name. C(bootstrap) has the addresses for each way to log in; null for one that is off. A serverless stream has no
          C(kafka_version), C(instance_type), and C(brokers). C(topics) has the names of the described topics.
      type: dict
      returned: always
      sample:
        events:
          name: prod-events
          arn: arn:aws:kafka:af-south-1:123456789012:cluster/prod-events/1234a5b6-78cd-901e-2f34-3a45b6c17890-2
          serverless: false
          kafka_version: 4.1.x.kraft
          instance_type: kafka.m7g.large
          brokers: 3
          bootstrap:
            iam: b-1.prodevents.a1b2c3.c2.kafka.af-south-1.amazonaws.com:9098,b-2.prodevents.a1b2c3.c2.kafka.af-south-1.amazonaws.com:9098
            tls: null
            scram: null
            plaintext: null
          scram_secret_arns: {}
          log_group_name: /aws/vendedlogs/msk/prod-events
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
  sample: {format: 1, counts: {create: 2, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.spec import REQUIRED_IF, argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True, required_if=REQUIRED_IF))


if __name__ == "__main__":
    main()
