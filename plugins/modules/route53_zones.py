#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_zones
version_added: 0.1.0
short_description: Create, change and remove hosted zones with their records, and certificates
description:
  - Brings the Route 53 hosted zones of one component, their records, and the ACM certificates that they validate to the described state
    in one call.
  - Records have no tags. A TXT record C(_mainstay.<component>.<environment>.<domain>) in each zone lists digests of the records that this
    module created, and is changed in the same call as they are. All other records are left alone. A record that exists and is not listed
    is never overwritten without consent.
  - Certificates are validated by DNS. The module creates the validation records and waits until ACM has issued the certificates.
    Certificates that share a name share its record, in all regions; it is deleted with the last certificate of the account that needs it.
  - The plan lists the name servers of zones that are not known to be delegated yet.
  - Nothing is stored outside AWS. Zones are found by their caller reference and their tags, certificates by their tags.
  - Replacements and deletions require consent in O(allow_replace) and O(purge). The plan shows which actions lack it.
  - To finish a call that was interrupted at any point, run it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  zones:
    description:
      - The zones, by name. Required with O(state=present). A zone that is no longer listed is deleted, given consent in O(purge). A zone
        with records of others is not deleted.
      - C(domain) is required. C(comment) and C(tags) are optional.
      - C(private) (V(false)) is for a zone that only VPCs see. Its VPCs are those of O(networks), or of the ones that C(networks) lists,
        and C(vpc_ids).
      - C(delegate) (V(true)) adds name server records to the nearest zone of the same component above this one.
      - C(records) are the records, by name and type. A name is relative, complete, or V(@) for the zone's own. A type (V(A), V(AAAA),
        V(CAA), V(CNAME), V(MX), V(NS), V(PTR), V(SRV), or V(TXT)) has a value, a list of values, or a mapping with C(values), C(ttl)
        (V(300) seconds), C(alias), and C(adopt). Texts are written without quotation marks, whatever their length.
      - C(alias), of an A or AAAA record, has C(name), C(zone_id), and C(evaluate_target_health) (V(false)). C(zone_id), that of the
        target, is not needed for a load balancer, a CloudFront distribution, an accelerator, or a record of the same zone.
      - In place of values, a type can have C(weighted), C(latency), or C(failover), a mapping of several records among which Route 53
        chooses. Weighted records have any names and a C(weight) (0 to 255), latency records are named after regions, failover records are
        C(primary) and C(secondary). Each has C(values) or C(alias), and optionally C(health_check) (one of C(health_checks), or an ID),
        C(identifier) (the set identifier, by default its name), and C(adopt). They share C(ttl) (V(60) seconds), beside the policy.
      - C(adopt) (V(false)) takes over a record that exists and is not ours. C(adopt_records) (V(false)) is its default for a zone.
      - C(health_checks) are Route 53's, by name, each with C(host), C(address), or both, C(protocol) (V(https), V(http), or V(tcp)),
        C(port), C(path) (V(/)), C(contains), C(interval) (V(30) or V(10) seconds), C(failures) (V(3)), C(regions) (by default all of
        Route 53's), C(inverted) (V(false)), C(disabled) (V(false)), and C(tags).
      - C(certificates) are the certificates, by name, each with C(names) (by default the zone's domain and a wildcard below it),
        C(regions) (by default the component's own; CloudFront needs V(us-east-1)), C(key_algorithm) (V(RSA_2048)), and C(tags). Each name
        must be in a public zone described here. A certificate with other names is another certificate; give it another name, and remove
        the old one when nothing uses it.
      - All settings are checked before the first change, and all problems are reported at once.
    type: dict
  networks:
    description:
      - The VPC of each of the platform's networks, by name, for private zones.
    type: dict
    default: {}
  leaving:
    description:
      - Components of the environment whose records do not prevent the deletion of a zone, because they are removed before it.
    type: list
    elements: str
    default: []
  validation_timeout:
    description:
      - How many seconds to wait until ACM has issued a certificate. After that, the call fails and names the name servers to which the
        zone must be delegated; the next one continues to wait.
    type: int
    default: 1800
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
  - module: mainstay.aws.route53_zones_info
  - module: mainstay.aws.vpc_network
"""

EXAMPLES = r"""
- name: Create a zone with records and a certificate for load balancers and CloudFront
  mainstay.aws.route53_zones:
    environment: prod
    component: dns
    region: af-south-1
    zones:
      main:
        domain: example.com
        records:
          "@":
            MX: [10 mx1.example.net, 20 mx2.example.net]
            TXT: v=spf1 include:_spf.example.net -all
            CAA: 0 issue "amazon.com"
          www:
            CNAME: {values: [example.com], ttl: 60}
        certificates:
          web:
            regions: [af-south-1, us-east-1]
"""

RETURN = r"""
outputs:
  description:
    - The values that other components need. The keys are the same in check mode; values known only after an apply read
      C((known after apply)).
  returned: always
  type: dict
  contains:
    zones:
      description: The zones by name, each with its certificates by name. C(arn) is that of the component's own region.
      type: dict
      returned: always
      sample:
        main:
          id: Z0123456789ABCDEFGHIJ
          arn: arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ
          domain: example.com
          name_servers: [ns-1.awsdns-01.com, ns-2.awsdns-02.net, ns-3.awsdns-03.org, ns-4.awsdns-04.co.uk]
          certificates:
            web:
              arn: arn:aws:acm:af-south-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
              arns:
                af-south-1: arn:aws:acm:af-south-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
                us-east-1: arn:aws:acm:us-east-1:123456789012:certificate/87654321-1234-1234-1234-123456789012
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
    - C(note) names the name servers of zones that may not be delegated yet.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 2, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.spec import REQUIRED_IF, argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True, required_if=REQUIRED_IF))


if __name__ == "__main__":
    main()
