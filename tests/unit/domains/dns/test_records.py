"""The canonical form of names and values, the register, and what a change of records sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.records.changes import (
    IN_ONE_CALL,
    Contents,
    batches,
    contents,
    in_the_way,
    key_of,
    registering,
    sent,
    shown,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.records.domain_names import canonical_value, normal, quoted, unquoted
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.records.register import entries, parsed, register_name, written

OWNER = Owner("prod", "dns")
DOMAIN = "example.com"
REGISTER = f"{register_name(OWNER, DOMAIN)} TXT"


def record(*values: str, ttl: int = 300) -> dict[str, Any]:
    return {"ttl": ttl, "values": sorted(values)}


def there(ours: Mapping[str, Any], foreign: Mapping[str, Any] | None = None) -> Contents:
    """A zone with records of ours and of others."""
    raws = [sent(key, one) for key, one in {**ours, **(foreign or {})}.items()]
    register = [sent(REGISTER, record(*written(OWNER, entries(ours))))] if ours else []
    return contents(DOMAIN, [*raws, *register], OWNER)


WWW, OLD, NEW = "www.example.com A", "old.example.com A", "new.example.com A"
ONE, TWO = record("192.0.2.1"), record("192.0.2.2")
BLUE, GREEN = f"{WWW} blue", f"{WWW} green"
CHECK = "01234567-89ab-cdef-0123-456789abcdef"


def done(zone: Contents, desired: Mapping[str, Any], kept: tuple[str, ...] = ()) -> list[list[tuple[str, str]]]:
    """The changes of each call, as (action, key)."""
    return [[(one["Action"], key_of(one["ResourceRecordSet"])) for one in call] for call in batches(zone, OWNER, desired, kept)]


@pytest.mark.parametrize(
    ("written_as", "name"),
    [("WWW.Example.com.", "www.example.com"), (r"\052.example.com.", "*.example.com"), ("a.b", "a.b"), ("", "")],
)
def test_names(written_as: str, name: str) -> None:
    assert normal(written_as) == name


@pytest.mark.parametrize(
    ("sort", "text", "value"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("A", "192.0.2", None),
        ("AAAA", "2001:DB8:0::1", "2001:db8::1"),
        ("MX", "010 Mail.Example.com.", "10 mail.example.com"),
        ("MX", "0 .", "0 ."),
        ("MX", "65536 a.b", None),
        ("SRV", "1 2 443 a.b.", "1 2 443 a.b"),
        ("CAA", "0 ISSUE letsencrypt.org", '0 issue "letsencrypt.org"'),
        ("CAA", '128 iodef "mailto:a@b.c"', '128 iodef "mailto:a@b.c"'),
        ("CAA", '0 issue ";"', '0 issue ";"'),
        ("NS", "NS1.example.com.", "ns1.example.com"),
    ],
)
def test_values(sort: str, text: str, value: str | None) -> None:
    assert canonical_value(sort, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("v=spf1 -all", '"v=spf1 -all"'),
        ('say "x" \\', '"say \\"x\\" \\\\"'),
        ("x" * 300, f'"{"x" * 255}" "{"x" * 45}"'),
        ("é", '"\\303\\251"'),
        ("", '""'),
        ("é" * 128, '"' + "\\303\\251" * 127 + '\\303" "\\251"'),
    ],
)
def test_texts_are_quoted_in_strings_of_255_bytes(text: str, value: str) -> None:
    assert quoted(text) == value
    assert unquoted(value) == text


@pytest.mark.parametrize("count", [0, 1, 14, 15, 1000])
def test_the_register_keeps_its_entries_in_values_of_255_bytes(count: int) -> None:
    listed = entries(f"{number}.example.com A" for number in range(count))
    texts = written(OWNER, listed)
    assert parsed(texts) == listed
    assert max(map(len, texts)) <= 255
    assert not any("example" in text for text in texts)


def test_a_record_reads_as_it_was_sent() -> None:
    alias = {"alias": {"name": "lb.example.net", "zone_id": "Z1", "evaluate_target_health": True}}
    for key, one in {
        "*.a.example.com A": alias,
        "a.example.com TXT": record("x" * 300, 'a "b"'),
        "b.example.com MX": record("10 a.b"),
        "c.example.com A blue": {**ONE, "weight": 0},
        "c.example.com CNAME eu-west-1": {**record("a.b"), "region": "eu-west-1", "health_check": CHECK},
        "c.example.com A primary": {**alias, "failover": "primary"},
    }.items():
        assert (key_of(sent(key, one)), shown(sent(key, one))) == (key, one)


@pytest.mark.parametrize(
    ("zone", "desired", "kept", "calls"),
    [
        (there({}), {}, (), []),
        (there({}), {WWW: ONE}, (), [[("CREATE", WWW), ("CREATE", REGISTER)]]),
        (there({WWW: ONE}), {WWW: ONE}, (), []),
        (there({WWW: ONE}), {WWW: TWO}, (), [[("UPSERT", WWW)]]),
        (there({WWW: ONE, OLD: ONE}), {WWW: ONE}, (), [[("DELETE", OLD), ("UPSERT", REGISTER)]]),
        (there({WWW: ONE}), {}, (), [[("DELETE", WWW), ("DELETE", REGISTER)]]),
        (there({WWW: ONE, OLD: ONE}), {WWW: ONE}, (OLD,), []),
        (there({}, {OLD: ONE}), {NEW: ONE}, (), [[("CREATE", NEW), ("CREATE", REGISTER)]]),
        # consent to take one over
        (there({}, {WWW: ONE}), {WWW: ONE}, (), [[("CREATE", REGISTER)]]),
        (there({}, {WWW: ONE}), {WWW: TWO}, (), [[("UPSERT", WWW), ("CREATE", REGISTER)]]),
        # routing policies: a weight changes in place, a policy, region, or role does not
        (there({BLUE: {**ONE, "weight": 1}}), {BLUE: {**ONE, "weight": 2}}, (), [[("UPSERT", BLUE)]]),
        (there({BLUE: {**ONE, "weight": 1}}), {BLUE: {**ONE, "weight": 1, "health_check": CHECK}}, (), [[("UPSERT", BLUE)]]),
        (
            there({WWW: ONE}),
            {BLUE: {**ONE, "weight": 1}, GREEN: {**TWO, "weight": 1}},
            (),
            [[("DELETE", WWW), ("CREATE", BLUE), ("CREATE", GREEN), ("UPSERT", REGISTER)]],
        ),
        (there({BLUE: {**ONE, "weight": 1}}), {WWW: ONE}, (), [[("DELETE", BLUE), ("CREATE", WWW), ("UPSERT", REGISTER)]]),
        (
            there({BLUE: {**ONE, "failover": "primary"}, GREEN: {**TWO, "failover": "secondary"}}),
            {BLUE: {**ONE, "failover": "secondary"}, GREEN: {**TWO, "failover": "primary"}},
            (),
            [[("DELETE", BLUE), ("DELETE", GREEN), ("CREATE", BLUE), ("CREATE", GREEN)]],
        ),
        (
            there({BLUE: {**ONE, "weight": 1}}),
            {BLUE: {**ONE, "region": "eu-west-1"}},
            (),
            [[("DELETE", BLUE), ("CREATE", BLUE)]],
        ),
        # deleted by hand
        (contents(DOMAIN, [sent(REGISTER, record(*written(OWNER, entries([WWW]))))], OWNER), {WWW: ONE}, (), [[("CREATE", WWW)]]),
        (contents(DOMAIN, [sent(REGISTER, record(*written(OWNER, entries([WWW]))))], OWNER), {}, (), [[("DELETE", REGISTER)]]),
    ],
)
def test_what_a_change_sends(zone: Contents, desired: dict[str, Any], kept: tuple[str, ...], calls: list[Any]) -> None:
    assert done(zone, desired, kept) == calls


def test_the_register_is_right_after_each_of_several_calls() -> None:
    desired = {f"n{number:04}.example.com A": ONE for number in range(IN_ONE_CALL + 50)}
    calls = list(batches(there({WWW: ONE}), OWNER, desired, ()))
    assert len(calls) == 2
    owned: set[str] = {WWW}
    for call in calls:
        *others, register = call
        for change in others:
            (owned.discard if change["Action"] == "DELETE" else owned.add)(key_of(change["ResourceRecordSet"]))
        assert (register["Action"], key_of(register["ResourceRecordSet"])) == ("UPSERT", REGISTER)
        texts = [unquoted(value["Value"]) for value in register["ResourceRecordSet"]["ResourceRecords"]]
        assert parsed(texts) == entries(owned)
    assert owned == set(desired)


@pytest.mark.parametrize(
    ("foreign", "desired", "adopted", "blocked"),
    [
        ({WWW: ONE}, WWW, (), [WWW]),
        ({WWW: ONE}, WWW, (WWW,), []),
        ({"www.example.com TXT": ONE}, WWW, (), []),
        ({"www.example.com CNAME": record("a.b")}, WWW, (WWW,), ["www.example.com CNAME"]),
        ({WWW: ONE}, "www.example.com CNAME", (), [WWW]),
        ({OLD: ONE}, WWW, (), []),
        # others may share a name and type by set identifiers
        ({GREEN: {**ONE, "weight": 1}}, BLUE, (), []),
        ({BLUE: {**ONE, "weight": 1}}, BLUE, (), [BLUE]),
        ({BLUE: {**ONE, "weight": 1}}, BLUE, (BLUE,), []),
        ({WWW: ONE}, BLUE, (BLUE,), [WWW]),
    ],
)
def test_records_of_others_are_in_the_way(foreign: dict[str, Any], desired: str, adopted: tuple[str, ...], blocked: list[str]) -> None:
    assert in_the_way(there({}, foreign), [desired], adopted) == ({desired: blocked} if blocked else {})


def test_a_record_with_a_routing_policy_is_in_the_way_even_with_consent() -> None:
    raw = {**sent(WWW, ONE), "SetIdentifier": "blue", "Weight": 10}
    zone = contents(DOMAIN, [raw], OWNER)
    assert in_the_way(zone, [WWW], [WWW]) == {WWW: [f"{WWW} blue"]}


def test_route_53_s_own_records_and_the_register_are_not_foreign() -> None:
    raws = [sent(f"{DOMAIN} NS", record("ns1.example.net")), {"Name": f"{DOMAIN}.", "Type": "SOA", "TTL": 900, "ResourceRecords": []}]
    zone = contents(DOMAIN, [*raws, sent(REGISTER, record(*written(OWNER, ["0" * 16])))], OWNER)
    assert zone.foreign() == []
    other = sent(f"{register_name(Owner('dev', 'dns'), DOMAIN)} TXT", record("x"))
    assert contents(DOMAIN, [*raws, other], OWNER).foreign() == [key_of(other)]


def test_records_of_components_that_leave_do_not_count() -> None:
    shop = Owner("prod", "shop")
    register = sent(f"{register_name(shop, DOMAIN)} TXT", record(*written(shop, entries([WWW]))))
    zone = contents(DOMAIN, [register, sent(WWW, ONE), sent(OLD, ONE)], OWNER)
    assert zone.foreign(["shop"]) == [OLD]
    assert zone.foreign(["other"]) == sorted([OLD, WWW, key_of(register)])


def test_registering_adds_and_removes() -> None:
    assert [one["Action"] for one in registering(there({}), OWNER, [WWW])] == ["CREATE"]
    assert [one["Action"] for one in registering(there({OLD: ONE}), OWNER, [WWW])] == ["UPSERT"]
    assert [one["Action"] for one in registering(there({OLD: ONE}), OWNER, (), [OLD])] == ["DELETE"]
    assert registering(there({OLD: ONE}), OWNER, [OLD]) == []
