#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: observability
version_added: 0.1.0
short_description: Create, change and remove alarms, the ways on which they reach people, dashboards, and log groups
description:
  - Brings what watches an environment to the described state in one call. Alarms are made from what the environment has (O(platform)), so
    that no database, cache, load balancer, or cluster has to be listed a second time.
  - Alarms lead to an SNS topic for each severity, in each region that has alarms, and from there to PagerDuty and e-mail. State changes
    reach Slack through EventBridge. What CloudFront, global web ACLs and health checks measure exists in us-east-1 alone, and so do its
    alarms and their topics.
  - Nothing is stored outside AWS. Resources are found by their tags C(mainstay:environment), C(mainstay:component), and
    C(mainstay:address), and by their name prefixes. Alarms are read a hundred at a time.
  - A call first reads everything, then computes a plan, then applies it with as much parallelism as the dependencies allow. In check mode
    it stops after the plan, which is complete even for an empty account.
  - Replacements and deletions require consent in O(allow_replace) and O(purge). The plan shows which actions lack it.
  - URLs and tokens of receivers are read from AWS Secrets Manager. They are part of no option, result, or log; what stands for them shows
    only whether they have changed.
  - To finish a call that was interrupted at any point, run it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  severities:
    description:
      - Where alarms lead to, by severity, V(critical), V(warning), and V(notice). Each has a topic, even if it is not listed.
      - C(pagerduty) has C(url_secret), the name or ARN of a secret that holds the URL of the integration. The call waits for its
        confirmation, see O(confirmation_seconds).
      - C(email) is a list of addresses. Each gets a message with a link to confirm, which is not waited for.
      - C(slack) has C(webhook_secret), a secret with the URL of an incoming webhook; or C(token_secret), a secret with a bot's token, and
        C(channel).
      - A secret may be the text itself, or a JSON object with one member.
    type: dict
  key_arns:
    description:
      - Keys for topics and log groups, by region, instead of the component's own. A key must let CloudWatch use it; the plan checks that.
    type: dict
  alarms:
    description:
      - Exceptions from the alarms that O(platform) leads to, by name of the alarm.
    type: dict
  heartbeat:
    description:
      - An alarm that rings once a day, so that silence is noticed, with C(at), a time in UTC such as V("07:00"), and C(severity)
        (V(notice)). V(false) or nothing for none.
    type: raw
  dashboards:
    description:
      - Dashboards, by name, each a body as CloudWatch takes it. V(false) for a generated one that is not wanted.
    type: dict
  log_groups:
    description:
      - Log groups, by name, each with C(group), its name in AWS, C(retention_days) (V(30)), and C(tags). One that exists without tags is
        taken over. Deleting one needs consent that names its kind.
    type: dict
  metric_filters:
    description:
      - Metrics that are counted in log events, by name, each with C(log_group), a name in O(log_groups) or in AWS, C(pattern), and
        C(metric) with C(name), C(namespace), C(value) (V(1)), C(default) (V(0)), C(unit) (V(Count)), and C(dimensions), which exclude a
        default.
    type: dict
  queries:
    description:
      - Saved queries of Logs Insights, by name, each with C(query) and C(log_groups).
    type: dict
  mute_rules:
    description:
      - Times in which alarms send nothing, by name, each with C(cron), such as V(0 2 * * SUN), or C(at), such as V(2026-12-31T22:00),
        C(duration), such as V(PT2H), C(timezone) (V(UTC)), C(alarms), their names or patterns of them, C(description), C(start), and
        C(end).
    type: dict
  platform:
    description:
      - What there is to watch, as the filter P(mainstay.aws.watched_platform#filter) gathers it from an inventory. Names in AWS that are
        known only after an apply are accepted.
    type: dict
  confirmation_seconds:
    description:
      - How long an apply waits until receivers with a URL have confirmed their subscriptions. It fails if one has not.
    type: int
    default: 60
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
  - module: mainstay.aws.observability_info
"""

EXAMPLES = r"""
- name: Wake somebody for critical alarms, and write everything else to a channel
  mainstay.aws.observability:
    environment: prod
    component: watch
    region: af-south-1
    severities:
      critical:
        pagerduty: {url_secret: pagerduty/critical}
        slack: {webhook_secret: slack/alarms}
      warning:
        email: [ops@example.com]
        slack: {webhook_secret: slack/alarms}
    heartbeat: {at: "07:00"}
    platform: "{{ groups | mainstay.aws.watched_platform(hostvars) }}"

- name: Count new users in the logs of an application
  mainstay.aws.observability:
    environment: prod
    component: business
    region: af-south-1
    log_groups:
      api: {group: /mainstay/prod/api, retention_days: 90}
    metric_filters:
      new-users:
        log_group: api
        pattern: '{ $.event = "user_created" }'
        metric: {name: NewUsers, namespace: Shop/Business}
"""

RETURN = r"""
outputs:
  description:
    - The values that other components need. The keys are the same in check mode; values known only after an apply read
      C((known after apply)).
  returned: always
  type: dict
  contains:
    topics:
      description: The topics by severity. C(arn) is the one in the component's own region; C(arns) has all, by region.
      type: dict
      returned: always
      sample: {critical: {arn: "arn:aws:sns:af-south-1:123456789012:prod-watch-critical", arns: {}}}
    key_arns:
      description: The component's own keys, by region.
      type: dict
      returned: always
      sample: {af-south-1: "arn:aws:kms:af-south-1:123456789012:key/12345678-1234-1234-1234-123456789012"}
    alarm_names:
      description: The names of all alarms, without the environment that their names in AWS begin with.
      type: list
      elements: str
      returned: always
      sample: [heartbeat]
    dashboards:
      description: The ARNs of the dashboards, by name.
      type: dict
      returned: always
      sample: {}
    log_groups:
      description: C(name) in AWS and C(arn) of the log groups, by name.
      type: dict
      returned: always
      sample: {}
    slack_rules:
      description: The ARNs of the EventBridge rules that lead to Slack in the component's own region, by severity.
      type: dict
      returned: always
      sample: {}
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

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.spec import argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
