# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a domain declares for the parts of the collection that cover all domains: permissions, removal, the summary, the tests.

Every domain has a ``registration.py`` with one ``REGISTRATION``, and domains/registry.py names it. A registration is cheap to import, since
the callback needs the order of kinds in every run: anything that needs kinds, and so botocore, is imported when ``details`` is first used.
Module calls do not need registrations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..aws.grants import Names

if TYPE_CHECKING:
    from ..aws.grants import Permissions
    from ..aws.operations import Operation
    from ..aws.place import Place
    from ..aws.samples import Sample
    from ..reconcile.model import Kind


def no_names(_described: Any, _environment: str, _component: str) -> Names:
    """For domains whose policies need no names from the inventory."""
    return Names()


@dataclass(frozen=True)
class Registration:
    """One domain.

    ``name``: its folder in domains/. ``variable``: the role's variable that describes what to create, as its README shows.
    ``role``: the role of the collection that its modules belong to, and the group of inventory hosts that the role builds.
    ``order``: the names of its kinds in reading order for a plan, dependencies first. Several domains may name a kind that they share; the
    first mention counts.
    ``load``: imports and returns the rest.
    ``named_in``: the role's variable that names things in AWS, if that is another one than ``variable``.
    """

    name: str
    role: str
    variable: str
    order: tuple[str, ...]
    load: Callable[[], Details]
    named_in: str = ""

    @cached_property
    def details(self) -> Details:
        return self.load()


@dataclass(frozen=True)
class Details:
    """The contents of a domain.

    ``kinds``: everything that it can own, by name.
    ``services``: botocore's names of the services that a call uses even when it changes nothing.
    ``permissions``: how narrowly each action can be restricted.
    ``reads``: the operations of its questions and checks, by purpose; ``applying``: the operations that only an apply calls. Neither lists
    what its kinds declare themselves or what every component calls. ``reads_elsewhere``: those of the reads that are also made in further
    regions.
    ``unused``: actions that its kinds could take but the role never requests, with the reason.
    ``attachable``: ARNs of the AWS managed policies that may be attached to its roles.
    ``names``: what a host's variable names in AWS, given that variable, the environment and the component. Invalid values are ignored
    here; the modules report them.
    ``lookups``: the roles whose outputs a component reads from AWS when it runs on its own, given a host's variables.
    ``samples``: one of each kind, for a place. kinds/samples.py has the samples of kinds that several domains share.
    """

    kinds: Mapping[str, Kind]
    services: tuple[str, ...]
    permissions: Permissions
    reads: Mapping[str, tuple[Operation, ...]] = field(default_factory=dict)
    reads_elsewhere: tuple[Operation, ...] = ()
    applying: Mapping[str, tuple[Operation, ...]] = field(default_factory=dict)
    unused: Mapping[str, str] = field(default_factory=dict)
    attachable: tuple[str, ...] = ()
    names: Callable[[Any, str, str], Names] = no_names
    lookups: Callable[[Mapping[str, Any]], Sequence[str]] = lambda _host: ()
    samples: Callable[[Place], Sequence[Sample]] = lambda _place: ()
