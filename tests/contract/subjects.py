"""The subjects of the suite: the samples of every registered domain, and further ones for what the smallest resource does not cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import DOMAINS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind
from tests.contract.further import FURTHER, ONE_WAY
from tests.contract.further import KINDS as WITH_OPTIONS
from tests.contract.life import OURS, STEPS

REGION, ACCOUNT_ID = "us-east-1", "111122223333"
PLACE = Place(OURS.environment, OURS.component, REGION, ACCOUNT_ID)

KINDS: dict[str, Kind] = {name: kind for domain in DOMAINS for name, kind in domain.details.kinds.items()} | WITH_OPTIONS


@dataclass(frozen=True)
class Subject:
    """A sample and its name: its domain's role, its kind, and the aspect of the kind. ``beyond``: the smallest sample of its kind."""

    name: str
    sample: Sample
    steps: tuple[str, ...] = tuple(STEPS)
    beyond: Subject | None = None

    @property
    def role(self) -> str:
        return self.name.partition(":")[0]

    @property
    def kind(self) -> str:
        return self.sample.resource.kind

    @property
    def creates(self) -> bool:
        """Whether it creates something that no smaller sample has covered: resources that end with their parent are created with it,
        too.
        """
        return self.beyond is None and not KINDS[self.kind].ends_with_parent


@cache
def subjects() -> tuple[Subject, ...]:
    """Each once; for kinds shared by several domains, the first domain's sample counts."""
    smallest: dict[str, Subject] = {}
    found: list[Subject] = []
    for domain in DOMAINS:
        for sample in domain.details.samples(PLACE):
            kind = sample.resource.kind
            if kind not in smallest:
                smallest[kind] = Subject(f"{domain.role}:{kind}", sample)
                found.append(smallest[kind])
    for role, samples in FURTHER.items():
        for name, further in samples.items():
            sample = further(PLACE)
            kind = sample.resource.kind
            steps = ("create", "change", "delete") if name in ONE_WAY else tuple(STEPS)
            found.append(Subject(f"{role}:{kind}:{name.replace(' ', '_')}", sample, steps, smallest[kind]))
    return tuple(found)
