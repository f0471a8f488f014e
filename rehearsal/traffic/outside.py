"""What the data plane asks of the emulated AWS: DNS records, the tags of images, and a place for metrics."""

from __future__ import annotations

from rehearsal.kubernetes.images import OF_ECR
from rehearsal.registry import backend
from rehearsal.traffic.dataplane import Edge, Outside
from rehearsal.traffic.metrics import Datum

DUALSTACK = "dualstack."


def resolve(host: str) -> str | None:
    """The name that the zones' records lead to from a host, by aliases and CNAMEs of any account; None without a record."""
    name, found = host.rstrip(".").lower(), None
    records = _records()
    for _ in range(8):  # a chain of records is short, and may be a circle
        following = records.get(name) or records.get(f"*.{name.partition('.')[2]}")
        if following is None:
            return found
        found = name = following
    return found


def _records() -> dict[str, str]:
    from moto.route53.models import route53_backends

    found = {}
    for account in list(route53_backends.values()):
        for one in list(account.values()):
            for zone in list(one.zones.values()):
                for record in list(zone.rrsets):
                    target = _target(record)
                    if target:
                        found[str(record.name).rstrip(".").lower().replace("\\052", "*")] = target
    return found


def _target(record: object) -> str:
    alias = getattr(record, "alias_target", None)
    values = getattr(record, "records", None) or []
    name = alias["DNSName"] if alias else values[0] if getattr(record, "type", "") == "CNAME" and values else ""
    return str(name).rstrip(".").lower().removeprefix(DUALSTACK)


def tags(image: str) -> list[str]:
    """The tags that the account's ECR has for an image that is named by its digest."""
    match = OF_ECR.fullmatch(image)
    if match is None or not match["digest"]:
        return []
    repository = backend("ecr", match["account"], match["region"]).repositories.get(match["repository"])
    images = list(repository.images) if repository else []
    return [str(tag) for each in images if each.get_image_digest() == match["digest"] for tag in each.image_tags]


def keep(data: list[Datum]) -> None:
    """Puts metrics into the emulated CloudWatch."""
    from rehearsal.extensions.cloudwatch_counting import keep as kept

    kept(data)


def edge(host: str, leads_to: str | None) -> Edge | None:
    """The distribution that answers for a host."""
    from rehearsal.traffic.edge import served

    return served(host, leads_to)


OUTSIDE = Outside(keep, tags, resolve, edge)
