#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_cdn
version_added: 0.1.0
short_description: Create, change and remove S3 buckets and what distributes their content
description:
  - Brings the S3 buckets of one component, the KMS keys that encrypt them, the IAM roles with which S3 replicates them, the CloudFront
    distributions that serve their content, and the web ACLs and secret headers that protect origins to the described state in one call.
  - A distribution changes with one call for everything, since each takes minutes to reach all edges. The call starts from the configuration
    that is there, so that settings that this module does not know stay.
  - Each bucket has one policy, composed of everything that needs the bucket. Statements of others are removed, unless the settings keep
    them, and the plan shows them.
  - Every call names the account that must own the bucket. Each configuration is set by its own call and compared with what is set now.
    What S3 added later, and the settings do not name, keeps its value.
  - A bucket is emptied and deleted only with consent that names the kind in full. The plan warns if it is not empty.
  - The account's own block of public access is read and never changed.
  - Nothing is stored outside AWS. Buckets are found by their names and tags. Tags are set with the S3 Control API, which also works where
    attribute-based access control is on.
  - Replacements and deletions require consent in O(allow_replace) and O(purge). The plan shows which actions lack it.
  - To finish a call that was interrupted at any point, run it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  buckets:
    description:
      - The buckets, by purpose. A bucket that is no longer listed is emptied and deleted, given consent in O(purge). All settings are
        optional.
      - C(name) is the name in S3, by default C(<environment>-<component>-<purpose>). With C(namespace=account), S3 reserves the name for
        this account, and it gets the suffix C(-<account>-<region>-an). Another name is another bucket.
      - C(region) is the bucket's region, if not the component's own.
      - C(versioning) (V(true), except for buckets that get logs) keeps old versions, for C(lifecycle.noncurrent_days).
      - C(ownership) is V(enforced) (the default, no access control lists), V(preferred), or V(writer).
      - C(public_access_block) has C(block_public_acls), C(ignore_public_acls), C(block_public_policy), and C(restrict_public_buckets), all
        V(true) by default.
      - C(encryption.algorithm) is V(aes256) (the default), V(kms), or V(kms_dsse). With KMS, the key is the component's own in the bucket's
        region, or C(kms_key_arn). C(bucket_key) (V(true)) saves most requests to KMS. C(blocked_types) lists what writers may not choose,
        V(SSE-C) or V(NONE). If it is not given, new buckets block C(SSE-C), and others keep what they have.
      - C(policy_statements) are added to the bucket's policy. Those without C(Resource) concern the bucket and all of its objects. A
        statement that would lock the caller out is refused. C(kept_statements) are patterns of the C(Sid) of others' statements that stay,
        by default V(AWSLogDelivery*), which AWS itself adds.
      - C(logs_from) lists what delivers logs to the bucket, V(server_access), V(load_balancers), V(network_load_balancers),
        V(vpc_flow_logs), V(cloudfront), or V(waf). Such a bucket has no KMS key, since its logs would be lost.
      - C(access_logs) has C(bucket), the name in these settings of a bucket in the same region that gets the bucket's server access logs,
        and C(prefix).
      - C(cors) is a list of rules with C(origins), C(methods) (V([GET, HEAD])), C(headers), C(expose_headers), and C(max_age) in seconds.
      - C(lifecycle.abort_uploads_days) (V(7)) ends abandoned uploads, C(lifecycle.noncurrent_days) (V(90) with versioning) deletes old
        versions except the newest C(lifecycle.noncurrent_keep) (V(0)) of each object; V(0) days mean never. C(lifecycle.rules) are further
        rules by name. Each has C(prefix), C(tags), C(larger_than), and C(smaller_than) (in bytes), which select objects, and
        C(transitions), C(noncurrent_transitions) (days by storage class, V(standard_ia), V(intelligent_tiering), V(onezone_ia),
        V(glacier_ir), V(glacier), or V(deep_archive)), C(expire_days), C(noncurrent_days), and C(noncurrent_keep). It is an error if
        objects would expire before they are archived.
      - C(lifecycle.minimum_size) is V(all_storage_classes_128K) or V(varies_by_storage_class). If it is not given, the bucket keeps what it
        has.
      - C(replication.to) is the name in these settings of a bucket, usually in another region, that gets a copy of each new object.
        C(prefixes) limits what is copied, C(delete_markers) (V(false)) says whether deletions are, C(storage_class) is that of the copies,
        C(metrics) (V(true)) measures the delay, and C(time_control) (V(false)) limits it to 15 minutes. Both buckets need versioning.
      - C(tags) are the bucket's own tags.
      - All settings are checked before the first change, and all problems are reported at once.
    type: dict
  distributions:
    description:
      - The CloudFront distributions, by name. A distribution that is no longer listed is disabled and deleted, given consent in O(purge).
      - C(origins) are by name. Each has either C(bucket), the name of a bucket in O(buckets), which stays private and admits exactly this
        distribution, or C(domain_name), a host such as the name of a load balancer in a zone of yours. Both can have C(path), which
        CloudFront puts before paths, and C(shield_region). A bucket can have C(from_identity), the ID of an origin access identity that
        its policy admits meanwhile. A host can have C(protocol) (V(https) or V(http)), C(https_port), C(http_port), C(tls) (V(TLSv1.2)),
        C(read_timeout), and C(keepalive_timeout) in seconds, C(keep_host) (V(false)), which passes the viewer's C(Host) on, and
        C(origin_secret), the name of one in O(origin_secrets) whose current value is sent in the header C(origin_secret_header)
        (V(x-origin-verify)). With C(load_balancer_arn), CloudFront reaches the load balancer inside its VPC, by a VPC origin;
        C(domain_name) is then the name in its certificate.
      - C(default) is the behavior for every path that no other one matches, and C(behaviors) is the list of the others, each with
        C(path), such as V(/api/*). The first that matches counts.
      - A behavior has C(origin), C(viewers) (V(redirect) to HTTPS, V(https), or V(any)), C(methods) (V(read), V(read_options), or
        V(all)), C(compress) (V(true)), C(cache), C(origin_request), and C(response_headers), each the name of a managed policy or of one
        of this distribution, and C(functions), with C(viewer_request) and C(viewer_response). For buckets, the defaults are V(read),
        V(CachingOptimized), and no origin request policy; for hosts V(all), V(CachingDisabled), and V(AllViewerExceptHostHeader), or
        V(AllViewer) with C(keep_host). C(response_headers) is V(SecurityHeadersPolicy), or V(none).
      - C(cache_policies), C(origin_request_policies), C(response_headers_policies), and C(functions) are the distribution's own, by name.
        A cache policy has C(min_ttl), C(default_ttl), C(max_ttl) in seconds, C(headers), C(cookies), C(query_strings) (V(none), V(all),
        or a list), C(gzip), and C(brotli). An origin request policy has C(headers) (also V(allViewer)), C(cookies), and C(query_strings),
        each also as C({except) C([names]}). A response headers policy has C(hsts_seconds), C(hsts_subdomains), C(frame), C(referrer),
        C(content_security_policy), C(headers), C(remove), and C(cors) with C(origins), C(methods), C(headers), C(credentials),
        C(max_age), and C(override). A function has C(code).
      - C(single_page), such as V(/index.html), answers on the default behavior for every path whose last part has no dot. It is a
        function, so that what other origins answer stays as it is. C(error_responses) by status have C(page), C(status), and C(ttl), and
        cannot have a page for 403 and 404 where another origin exists.
      - C(aliases) need C(certificate_arn), an issued certificate in us-east-1 that covers them. C(move_aliases) are aliases that may be
        taken from another distribution of the account. C(zones) are the domains of public hosted zones of the account in which the
        aliases get records; a record that is not the component's is never overwritten. C(tls_policy) is V(TLSv1.2_2025), V(TLSv1.3_2025),
        V(TLSv1.2_2021), V(TLSv1.2_2019), or V(TLSv1.2_2018).
      - C(logs) has C(bucket), the name in O(buckets) of a bucket with V(cloudfront) in C(logs_from), C(format) (V(json), V(w3c), V(plain),
        or V(parquet)), and C(path), by default V({DistributionId}/{yyyy}/{MM}/{dd}). Logs come from us-east-1, wherever the bucket is.
      - C(geography) has either C(allow) or C(deny), with two-letter countries. C(web_acl) is the name of one in O(web_acls),
        and C(web_acl_arn) another web ACL of the scope CLOUDFRONT.
        C(root_object), C(price_class) (V(all), V(200), or V(100)), C(http_version) (V(http2and3)), C(ipv6) (V(true)), C(enabled)
        (V(true)), C(comment), and C(tags) are as CloudFront has them.
    type: dict
  origin_headers:
    description:
      - The headers that CloudFront adds to requests to origins, by distribution, origin, and header, such as a secret that an Ingress
        demands. The plan shows digests of the values only.
    type: dict
  web_acls:
    description:
      - Web ACLs of AWS WAF, by name. Only C(scopes) is required, V(cloudfront), V(alb), or both, and not even that with O(edge_mode). One
        web ACL is made for each scope, with the same rules. That for CloudFront is in V(us-east-1).
      - A load balancer that the AWS Load Balancer Controller makes gets its web ACL by the setting C(ingress.web_acl) of the application
        (role C(app_deploy)), and a distribution by its own settings. Nothing is associated here, since the controller would take it away.
      - C(name) is the name in WAF, by default C(<environment>-<component>-<name>). With both scopes, the scope is added. Another name is
        another web ACL.
      - C(managed_groups) are rule groups by short name (V(common), V(known_bad_inputs), V(ip_reputation), V(sql_injection),
        V(admin_protection), V(anonymous_ips), V(linux), V(unix), V(windows), V(php), or V(wordpress)) or by AWS's name. The first four are
        the default. C(rules) maps names of a group's rules to other actions, V(block), V(count), V(allow), V(captcha), or V(challenge).
        The names are checked with WAF before the first change. C(SizeRestrictions_BODY), which blocks bodies of more than 8 KB, counts
        unless C(rules) names it. C(count) lets the whole group count only. C(version) and C(vendor) (V(AWS)) choose another group.
        C(configuration) is a list of what some groups need, in the form of WAF's API (C(ManagedRuleGroupConfigs)).
      - C(rate_limits) by name have C(limit), the requests of one address within C(window) seconds (V(300), or V(60), V(120), V(600)),
        C(starts_with), the beginning of the paths that count, and C(action) (V(block)).
      - C(ip_sets) by name have C(addresses), all IPv4 or all IPv6, and C(action) (V(block)). Allowed addresses pass before every other
        rule. With C(owner=external), the addresses are those of the set's creation, and something else changes them later;
        C(ip_version) (V(4)) is for sets that begin empty.
      - C(default_action) is V(allow) or V(block).
      - C(logging) goes to a log group named C(aws-waf-logs-...) with C(retention_days) (V(30)), or to C(destination), the ARN of a log
        group, bucket, or stream of yours. C(redact) lists headers, V(query_string), V(uri_path), or V(method), by default
        V([authorization, cookie]). C(only) lists the actions whose requests are logged. V(false) ends logging.
      - C(inspected_body_kb) is how much of a body WAF inspects, for more than the default of 16 KB (V(cloudfront)) or 8 KB (V(alb)).
      - C(sampled_requests) (V(true)) lets people see samples of requests in the console. C(tags) are the web ACL's own tags.
    type: dict
  origin_secrets:
    description:
      - Secret headers by which load balancers recognize the distributions in front of them, by name. Each is a generated value in Secrets
        Manager, in the secret C(/mainstay/<environment>/<component>/origin-<name>), as C(password) of a JSON object. No result shows it.
      - C(rotation) is a marker. Another one generates another value, which is pending (C(AWSPENDING)) until C(in_use) has the same marker.
        In between, deploy the applications, whose load balancers then admit both values (C(ingress.origin_secret) of the role
        C(app_deploy)). It is an error to change both in one run.
      - C(tags) are the secret's own tags.
    type: dict
  planned_zones:
    description:
      - Domains of public hosted zones that do not exist yet and, in a real run, are created before this call. A plan does not miss them.
    type: list
    elements: str
    default: []
  edge_mode:
    description:
      - The layout of the edge, which the rest must not contradict. With V(everything), clients reach CloudFront alone. Every origin that is
        no bucket needs a header that the load balancer demands, and every distribution a web ACL if there are any.
      - With V(buckets), clients reach load balancers directly, and every origin is a bucket.
      - A web ACL without C(scopes) protects what clients reach, the distributions or the load balancers.
      - If it is not given, nothing is checked, and web ACLs need C(scopes).
    type: str
    choices: [everything, buckets]
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
  - module: mainstay.aws.s3_cdn_info
"""

EXAMPLES = r"""
- name: Create buckets for uploads and their copies, and for logs
  mainstay.aws.s3_cdn:
    environment: prod
    component: storage
    region: af-south-1
    buckets:
      uploads:
        encryption: {algorithm: kms}
        access_logs: {bucket: logs}
        lifecycle:
          rules:
            archive: {prefix: courses/, transitions: {standard_ia: 30, glacier: 180}}
        replication: {to: copies, delete_markers: true}
      copies:
        region: eu-west-1
        encryption: {algorithm: kms}
      logs:
        logs_from: [load_balancers]
        lifecycle:
          rules:
            expiry: {expire_days: 400}

- name: Serve a single-page application and its API under one name
  mainstay.aws.s3_cdn:
    environment: prod
    component: site
    region: af-south-1
    buckets:
      app: {}
    distributions:
      shop:
        aliases: [shop.example.com]
        certificate_arn: arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
        single_page: /index.html
        origins:
          app: {bucket: app}
          api: {domain_name: origin.example.com}
        default: {origin: app}
        behaviors:
          - {path: /api/*, origin: api}
    origin_headers:
      shop: {api: {x-origin-verify: "{{ vault_origin_secret }}"}}

- name: Protect a distribution and load balancers with the same rules
  mainstay.aws.s3_cdn:
    environment: prod
    component: edge
    region: af-south-1
    web_acls:
      main:
        scopes: [cloudfront, alb]
        rate_limits:
          everything: {limit: 2000}
          login: {limit: 20, window: 60, starts_with: /api/login}
"""

RETURN = r"""
outputs:
  description:
    - The values that other components need. The keys are the same in check mode; values known only after an apply read
      C((known after apply)).
  returned: always
  type: dict
  contains:
    buckets:
      description: The buckets by purpose. C(domain_name) is that of the bucket in its region, for origins.
      type: dict
      returned: always
      sample:
        uploads:
          name: prod-storage-uploads
          arn: arn:aws:s3:::prod-storage-uploads
          domain_name: prod-storage-uploads.s3.af-south-1.amazonaws.com
          region: af-south-1
    distributions:
      description: The distributions by name. An alias record of a zone leads to C(domain_name) in the zone C(hosted_zone_id).
      type: dict
      returned: always
      sample:
        site:
          id: E2EXAMPLE1234
          arn: arn:aws:cloudfront::123456789012:distribution/E2EXAMPLE1234
          domain_name: d1234abcd.cloudfront.net
          hosted_zone_id: Z2FDTNDATAQYW2
          url: https://d1234abcd.cloudfront.net
    origin_secrets:
      description: The secrets with the headers, by name. Their values are not among the outputs.
      type: dict
      returned: always
      sample:
        api:
          name: /mainstay/prod/edge/origin-api
          arn: arn:aws:secretsmanager:af-south-1:123456789012:secret:/mainstay/prod/edge/origin-api-AbCdEf
    web_acls:
      description: The web ACLs by name and scope.
      type: dict
      returned: always
      sample:
        main:
          cloudfront:
            arn: arn:aws:wafv2:us-east-1:123456789012:global/webacl/prod-storage-main/473e64fd-f30b-4765-81a0-62ad96dd167a
            name: prod-storage-main
    key_arns:
      description: The component's own keys, by region.
      type: dict
      returned: always
      sample: {af-south-1: "arn:aws:kms:af-south-1:123456789012:key/12345678-1234-1234-1234-123456789012"}
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
    - C(note) says what a new replication leaves out, which statements of others stay, and whether the account blocks public access.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 2, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.spec import REQUIRED_IF, argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True, required_if=REQUIRED_IF))


if __name__ == "__main__":
    main()
