# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of the options that component modules share; module_utils/component/options.py declares them."""

from __future__ import annotations


class ModuleDocFragment:
    # The owner of the resources and the account they are in. Used by modules that make changes and by modules that only read.
    DOCUMENTATION = r"""
options:
  environment:
    description:
      - The environment that the resources belong to, such as V(prod).
      - Together with O(component), it identifies the owner of a resource. The pair must be unique in the account, across all regions,
        because IAM roles have no region.
      - A name of up to 24 lowercase letters, digits, hyphens, and underscores that begins with a letter.
      - If not set, the host variable C(platform_environment) is used. One of the two is required.
      - Many options have such a variable, so an inventory can set once what all components share. An option set on a task overrides the
        variable, and the variable overrides the default. A variable that begins with C(platform_) but matches no option is an error.
    type: str
  component:
    description:
      - The component that owns the resources. No other component shares them. The rules for the name are those of O(environment).
      - If not set, the host variable C(platform_component) is used, or else the name of the host.
    type: str
  expected_account_id:
    description:
      - The account that the credentials must belong to. Credentials of any other account are refused before anything is planned or changed.
      - If not set, the host variable C(platform_account_id) is used. If the environment comes from C(platform_environment), one of the two
        is required, and so is a region (O(region) or C(platform_region)).
    type: str
  role_arn:
    description:
      - ARN of an IAM role to act as. The credentials of the other options assume it, so they need C(sts:AssumeRole), and the role's trust
        policy must allow them. The role acts in its own account, which need not be theirs.
      - It is assumed again before its credentials expire, so waits may last longer than they do.
      - If not set, the host variable C(platform_role_arn) is used.
    type: str
  role_external_id:
    description:
      - The external ID, if the role's trust policy demands one.
      - If not set, the host variable C(platform_role_external_id) is used.
    type: str
  further_regions:
    description:
      - Regions besides O(region) in which the component may still have resources, such as a key or copies that its settings no longer
        name. They are looked for there, changed, and removed. Regions that the settings name need not be repeated here.
      - Each must exist and be enabled for the account.
      - If not set, the host variable C(platform_further_regions) is used.
    type: list
    elements: str
    default: []
"""

    # How a call reaches the described state, in AWS or inside a cluster.
    CHANGE = r"""
options:
  state:
    description:
      - V(absent) deletes everything the component owns, in the order that AWS requires. It needs no consent in O(purge) and ignores the
        described resources.
    type: str
    choices: [present, absent]
    default: present
  allow_replace:
    description:
      - Resources that may be deleted and recreated when a change cannot be made in place, as patterns of addresses such as
        V(subnet.main/private-*). Shell patterns are allowed.
      - A component and a colon in front of a pattern limit it to that component, as in V(network:subnet.main/private-*). The text before
        the first colon is a component only if it contains neither a dot nor a slash.
      - Kinds that hold data, such as V(kms_key), match only patterns that spell out the kind. V(kms_key.*) does, V(*) does not.
      - If a required replacement is not allowed, nothing at all is changed.
      - If not set, the host variable C(platform_allow_replace) is used.
    type: list
    elements: str
    default: []
  replace:
    description:
      - Addresses of resources to replace although nothing requires it, with their component and without wildcards, such as
        V(network:nat_gateway.main/af-south-1a).
      - This is a request and no consent. Each also needs consent in O(allow_replace), and a plan without it shows the replacement and how
        to allow it.
      - It replaces in every run that it is set for, so set it for one run only. It cannot be combined with O(save_plan) or O(apply_plan).
      - Without it the host's variable C(platform_replace) counts.
    type: list
    elements: str
    default: []
  purge:
    description:
      - Resources that may be deleted when they are no longer described, as patterns in the format of O(allow_replace), such as
        V(nat_gateway.main/*). Resources that match no pattern are kept, and the plan lists them.
      - If not set, the host variable C(platform_purge) is used.
    type: list
    elements: str
    default: []
  adopt:
    description:
      - Existing resources to adopt, as a mapping of the address, such as V(vpc.main), to the ID, such as V(vpc-0123456789abcdef0). Log
        groups and IAM roles are identified by name or ARN.
      - A resource that is tagged with another owner is adopted only if you name that owner. To do so, use a mapping of C(id) and C(from)
        instead of the ID. C(from) is an environment and a component, such as V(prod/legacy). A resource that cannot be adopted is an
        error before the first change.
      - The resource is first tagged and then brought to the described state like any other. Entries that have already been applied are
        ignored and can stay.
    type: dict
    default: {}
  moved:
    description:
      - Resources whose address has changed, as a mapping of the old address to the new one. A name without a dot covers everything under
        that name, so V(main) to V(core) renames everything that belongs to V(main).
      - Only the tags that hold the address, and whatever depends on the name, are updated. Chains are followed to the end (V(a) to V(b),
        V(b) to V(c)); cycles are rejected. Entries that have already been applied are ignored and can stay.
    type: dict
    default: {}
  defer:
    description:
      - Kinds of resources, such as V(nat_gateway), that are started but not waited for. The call returns when everything else is done.
        Resources that depend on a deferred one are left to a later call, which finishes both. That call is the same one without this
        option.
      - C(outputs.deferred) lists what remains. None of it is reported as done.
      - Deletions are always waited for.
    type: list
    elements: str
    default: []
  deferred:
    description:
      - The C(outputs.deferred) of an earlier call in the same run. If AWS reports one of these resources as failed, that is an error, as it
        would have been had the earlier call waited. Without this option, the resource would be recreated, like any failed creation.
    type: list
    elements: str
    default: []
  claimed:
    description:
      - The components of the environment, usually the hosts of the inventory. If set, the result includes C(unclaimed), a list of resources
        that are tagged with the environment but belong to none of these components. They are not changed.
      - The lookup runs in parallel with all others, so it adds no time. It is enough for one component to request it.
    type: list
    elements: str
    default: []
  save_plan:
    description:
      - File to save the plan to, together with the plans of all other components in the run. Works only in check mode, and only with the
        callback P(mainstay.aws.plan_summary#callback), which writes the file at the end of the run. The directory must exist.
      - Nothing is written if any host of the run failed.
      - If not set, the host variable C(platform_plan_out) is used.
    type: path
  apply_plan:
    description:
      - File with a saved plan. Exactly its actions are applied, or the ones that an interrupted apply of the same file left undone.
      - If the account, the description, the consent, or the existing resources differ from those at the time of the plan, the file is
        refused, every difference is named, and nothing is changed. In check mode, the module only reports whether the plan can be applied.
      - If not set, the host variable C(platform_plan) is used.
    type: path
  fail_on:
    description:
      - With V(blocked) the task fails in check mode if an apply of its plan would change nothing although there is something to change,
        such as when a replacement is not allowed. With V(changes) it also fails if an apply would change something.
      - The plan is still complete and returned, and the other components of the run are planned as usual. Empty means that a plan
        does not fail for what it finds.
      - Without it the host's variable C(platform_fail_on) counts.
    type: str
  inventory_host:
    description:
      - The inventory host that the call belongs to, as named in saved plans. Defaults to the host of the task.
    type: str
  inventory_hosts:
    description:
      - All hosts of the inventory. A saved plan with different hosts is refused. With O(apply_plan), defaults to all hosts.
    type: list
    elements: str
    default: []
  sensitive_values:
    description:
      - Strings that must not be shown or saved, as base64 of a JSON list. Do not set it; the values from Ansible Vault are
        supplied without it.
    type: str
"""

    # Timeouts and polling.
    PATIENCE = r"""
options:
  poll_interval:
    description:
      - Maximum interval between two polls of a resource in transition, in seconds.
      - If not set, the host variable C(platform_poll_interval) is used.
    type: float
    default: 2.5
  settle_seconds:
    description:
      - How long a read may lag behind a write, in seconds. If the response to a create call is lost, the resource counts as not created
        only after it has stayed invisible for this long.
      - If not set, the host variable C(platform_settle_seconds) is used.
    type: float
    default: 30.0
  timeout:
    description:
      - How long it may take to create, change, or delete one resource, in seconds. Each kind of resource has its own default.
      - Operations that have started continue in AWS, and the next run resumes them.
      - If not set, the host variable C(platform_timeout) is used, unless that is V(0).
    type: float
  lock_wait:
    description:
      - How long to wait, in seconds, while another run changes the component or destroys its environment. With V(0.0), the call fails at
        once, changes nothing, and reports who started the other run and how long it has been running.
      - The run locks are parameters of AWS Systems Manager under C(/mainstay/locks/), which the runs themselves create and delete. A run
        that changes nothing, and check mode, need no lock.
      - If not set, the host variable C(platform_lock_wait) is used.
    type: float
    default: 0.0
"""

    # Options that only concern AWS resources.
    APPLY = r"""
options:
  tags:
    description:
      - Tags for every resource. More specific tags with the same key take precedence.
      - Every tag has to satisfy the strictest service, so that none stops a run in its middle. Names may have 127 characters, values 255,
        of letters, digits, spaces and C(_.:/=+-@). Names that differ only in case are refused, and so are those that begin with V(aws:),
        V(rds:) or V(mainstay:), and values that YAML does not read as text.
      - If not set, the host variable C(platform_tags) is used.
    type: dict
    default: {}
  ignore_tags:
    description:
      - Tags that others write to our resources, as names or patterns such as V(c7n:*). They stay, and are no drift, unless the description
        sets them itself. Upper and lower case are the same.
      - AWS's own tags (V(aws:*)) and those of Kubernetes clusters (V(kubernetes.io/cluster/*)) always stay.
      - If not set, the host variable C(platform_ignore_tags) is used.
    type: list
    elements: str
    default: [awsApplication, AutoTag_*, "c7n:*", CreatedAt, CreatedBy, GuardDutyManaged, karpenter.sh/*, map-migrated, QSConfig*]
  permissions_boundary:
    description:
      - ARN of the policy that limits every IAM role this module creates.
      - If not set, the host variable C(platform_permissions_boundary) is used, unless that is empty.
    type: str
  check_quotas:
    description:
      - Check the resources to be created against the account's quotas, counting everything in the region. A plan lists the quotas that
        would be exceeded, and an apply stops before its first change.
      - If the account's quota cannot be read, AWS's default is assumed, and exceeding it is only reported.
      - A run that creates nothing reads no quotas. Each component counts only its own additions.
      - If not set, the host variable C(platform_check_quotas) is used.
    type: bool
    default: true
"""
