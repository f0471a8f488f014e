# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documentation of the options that modules of components share; module_utils/component/options.py declares them."""

from __future__ import annotations


class ModuleDocFragment:
    # Whose resources a call is about, and the account they are in: of modules that change and of modules that read.
    DOCUMENTATION = r"""
options:
  environment:
    description:
      - The environment that the resources belong to, such as V(prod).
      - Together with O(component) it says who owns a resource. The pair must be unique in the account, over all its regions, because
        IAM roles have no region.
      - A name of up to 24 lower-case letters, digits, hyphens and underscores that begins with a letter.
      - Without it the host's variable C(platform_environment) counts. One of the two is required.
      - Many options have such a variable, so that an inventory says once what all components share. What a task gives comes before the
        variable, and the variable before the default. A variable that begins with C(platform_) and has no option is an error.
    type: str
  component:
    description:
      - The component that the resources belong to. It owns them alone. It is named like O(environment).
      - Without it the host's variable C(platform_component) counts, or else the name of the host.
    type: str
  expected_account_id:
    description:
      - The account that the credentials must belong to. Any other is refused before anything is planned or changed.
      - Without it the host's variable C(platform_account_id) counts. Where C(platform_environment) gives the environment, one of the two is
        required, as is a region (O(region), or C(platform_region)).
    type: str
"""

    # How a call brings the described state about, wherever that is.
    CHANGE = r"""
options:
  state:
    description:
      - With V(absent) everything of the component is deleted, in the order that AWS demands. This needs no consent in O(purge), and
        what is described is not looked at.
    type: str
    choices: [present, absent]
    default: present
  allow_replace:
    description:
      - Resources that may be deleted and made anew where a change is not possible in place, as patterns of addresses such as
        V(subnet.main/private-*). Shell patterns are understood.
      - A component and a colon before a pattern confine it to that component, as in V(network:subnet.main/private-*). What stands before
        the first colon is a component if it has neither a dot nor a slash.
      - Kinds that hold data, such as V(kms_key), are covered only by patterns that name the kind in full, as V(kms_key.*) does and V(*)
        does not.
      - If a replacement that is needed is not allowed, nothing at all is changed.
      - Without it the host's variable C(platform_allow_replace) counts.
    type: list
    elements: str
    default: []
  purge:
    description:
      - Resources that may be deleted when they are no longer described, as patterns like those of O(allow_replace), such as
        V(nat_gateway.main/*). What is not allowed stays, and the plan lists it.
      - Without it the host's variable C(platform_purge) counts.
    type: list
    elements: str
    default: []
  adopt:
    description:
      - Existing resources to take over, as a mapping of the address, such as V(vpc.main), to the id, such as V(vpc-0123456789abcdef0). Log
        groups and IAM roles are named by their name or ARN.
      - What carries the mark of another owner is taken only if that owner is named, with a mapping of C(id) and C(from) in place of the id.
        C(from) is an environment and a component, such as V(prod/legacy). What cannot be taken over is an error before the first change.
      - The resource is marked first and then brought to the described state like any other. Entries that have been carried out are
        ignored and may stay.
    type: dict
    default: {}
  moved:
    description:
      - Resources whose address has changed, as a mapping of the old address to the new one. A name without a dot stands for everything
        of that name, so that V(main) to V(core) renames all that belongs to V(main).
      - Only the mark is written, and what follows from the name. Entries are followed to the end (V(a) to V(b), V(b) to V(c)); circles are
        refused. Entries that have been carried out are ignored and may stay.
    type: dict
    default: {}
  defer:
    description:
      - Kinds of resources, such as V(nat_gateway), that are begun and not waited for. The call returns when everything else is done; what
        needs one of them waits for another call, which finishes both. It is the same call without this option.
      - C(outputs.deferred) lists what is left. Nothing of it is reported as done.
      - Deletions are always waited for.
    type: list
    elements: str
    default: []
  deferred:
    description:
      - What an earlier call of the same run has left, its C(outputs.deferred). One of these that AWS reports as failed is an error,
        as it would have been if that call had waited. Without this option it would be made anew, as any creation that failed.
    type: list
    elements: str
    default: []
  claimed:
    description:
      - The components of the environment, usually the hosts of the inventory. If given, the result has C(unclaimed), a list of what carries
        the mark of the environment and belongs to none of them. Nothing of it is changed.
      - Looked for side by side with everything else, so that it takes no time of its own. It is enough that one component asks.
    type: list
    elements: str
    default: []
  save_plan:
    description:
      - File to save the plan in, with the plans of all other components of the run. Only in check mode, and only with the callback
        P(mainstay.aws.plan_summary#callback), which writes it when the run is over. The folder must be there.
      - Nothing is written if any host of the run failed.
      - Without it the host's variable C(platform_plan_out) counts.
    type: path
  apply_plan:
    description:
      - File with a saved plan. Exactly its actions are done, or what an interrupted apply of the same file has left of them.
      - It is refused, with every difference named and nothing changed, if the account, what is described, the consent or what exists is not
        as it was when the plan was made. In check mode it is only said whether the plan could be applied.
      - Without it the host's variable C(platform_plan) counts.
    type: path
  inventory_host:
    description:
      - The inventory host that the call is for, as saved plans name it. By default the host of the task.
    type: str
  inventory_hosts:
    description:
      - All hosts of the inventory. A saved plan that has other hosts is refused. By default all hosts, with O(apply_plan).
    type: list
    elements: str
    default: []
  sensitive_values:
    description:
      - Texts that must not be shown or saved, as base64 of a JSON list. Leave it out; the values that came out of Ansible Vault are
        supplied without it.
    type: str
"""

    # How long a call waits for what.
    PATIENCE = r"""
options:
  poll_interval:
    description:
      - Longest pause between two looks at a resource that is in transition, in seconds.
      - Without it the host's variable C(platform_poll_interval) counts.
    type: float
    default: 2.5
  settle_seconds:
    description:
      - How long a read may lag behind a write, in seconds. When the reply to a create call was lost, the resource counts as not made only
        if it has not shown for this long.
      - Without it the host's variable C(platform_settle_seconds) counts.
    type: float
    default: 30.0
  timeout:
    description:
      - How long one resource may take to be made, changed or deleted, in seconds. Each kind of resource has a default of its own.
      - What was under way goes on in AWS, and the next run picks it up.
      - Without it the host's variable C(platform_timeout) counts, unless that is V(0).
    type: float
  lock_wait:
    description:
      - How long to wait, in seconds, while another run changes the component or destroys its environment. With V(0.0) such a run is
        reported at once, by whom and for how long it has been at work, and nothing is changed.
      - Runs are kept apart by parameters of AWS Systems Manager below C(/mainstay/locks/), made and deleted by the runs themselves.
        A run that changes nothing, and check mode, need no lock.
      - Without it the host's variable C(platform_lock_wait) counts.
    type: float
    default: 0.0
"""

    # What resources of AWS have besides.
    APPLY = r"""
options:
  tags:
    description:
      - Tags for every resource. More specific ones of the same name win.
      - Without it the host's variable C(platform_tags) counts.
    type: dict
    default: {}
  permissions_boundary:
    description:
      - ARN of the policy that limits every IAM role that is made here.
      - Without it the host's variable C(platform_permissions_boundary) counts, unless that is empty.
    type: str
  check_quotas:
    description:
      - Compare what is to be created with the quotas of the account, over everything in the region. A plan names those that would be
        exceeded, and an apply ends before its first change.
      - Where the account's quota cannot be read, AWS's default is assumed, and going beyond it is only reported.
      - A run that creates nothing asks nothing. Each component sees only what it needs itself.
      - Without it the host's variable C(platform_check_quotas) counts.
    type: bool
    default: true
"""
