# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network ACLs of a network: a coarse filter around each tier, behind the exact security groups.

ACLs are stateless, so each flow that a tier admits needs an entry for its return traffic. Return traffic uses ports 1024 to 65535; NAT
gateways and load balancers use the full range. From the internet the range excludes 3389, because auditors (CIS AWS 5.2, FSBP EC2.21)
read a range that includes it as open remote desktop. The price: a connection that happens to pick that port fails and is retried.

ACLs never filter traffic to the AWS resolver, DHCP, instance metadata, or the time service, so none of these has an entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...inputs.problems import Problems
from ...reconcile.model import ref
from .settings import Network
from .subnets import Block

Entry = dict[str, Any]
Acl = dict[str, list[Entry]]
"""{"ingress": [Entry], "egress": [Entry]}"""

ENTRIES_PER_DIRECTION = 20
"""AWS's default quota of entries per network ACL and direction."""

WORLD, WORLD_IPV6 = "0.0.0.0/0", "::/0"
BEHIND_IPV4 = 50
"""How far the number of an entry for IPv6 lies behind that of the same entry for IPv4."""
EPHEMERAL = (1024, 65535)
PACKET_TOO_BIG = (2, 0)
"""Type and code in ICMPv6."""
EPHEMERAL_WITHOUT_RDP = ((1024, 3388), (3390, 65535))


def network_acls(network: Network) -> dict[str, Acl]:
    """The ACL of each tier. The database tier has its own; the ACL of any other tier follows from its routing."""
    found: dict[str, Acl] = {}
    for name, tier in sorted(network.tiers.items()):
        if name == "database":
            found[name] = database_acl(network)
        elif tier.routing == "isolated":
            found[name] = isolated_acl(network)
        else:
            found[name] = open_acl(network, tier.routing == "public")
    return found


def open_acl(network: Network, public: bool) -> Acl:
    """A tier with internet access: allows traffic within the network, replies from outside and, if public, the load balancers' clients."""
    ports = network.security.load_balancer_ports if public else ()
    return {
        "ingress": [
            *within(network),
            *(tcp(110 + index, port, port, WORLD) for index, port in enumerate(ports)),
            *(tcp(200 + index, first, last, WORLD) for index, (first, last) in enumerate(EPHEMERAL_WITHOUT_RDP)),
            entry(210, "udp", *EPHEMERAL, WORLD),
            fragmentation_needed(220),
            *(for_ipv6(network, ports) if network.dual_stack else ()),
        ],
        "egress": [all_traffic(100, WORLD), *([all_traffic(100 + BEHIND_IPV4, WORLD_IPV6)] if network.dual_stack else [])],
    }


def for_ipv6(network: Network, ports: Sequence[int]) -> list[Entry]:
    """The same for IPv6. Routers do not divide its packets: a reply that is too big is lost without the message that says so."""
    return [
        *(tcp(110 + BEHIND_IPV4 + index, port, port, WORLD_IPV6) for index, port in enumerate(ports)),
        *(tcp(200 + BEHIND_IPV4 + index, first, last, WORLD_IPV6) for index, (first, last) in enumerate(EPHEMERAL_WITHOUT_RDP)),
        entry(210 + BEHIND_IPV4, "udp", *EPHEMERAL, WORLD_IPV6),
        entry(220 + BEHIND_IPV4, "icmpv6", *PACKET_TOO_BIG, WORLD_IPV6),
    ]


def isolated_acl(network: Network) -> Acl:
    """A tier without internet access: allows traffic within the network and nothing else."""
    return {"ingress": within(network), "egress": within(network)}


def within(network: Network) -> list[Entry]:
    """Entries for all traffic from or to the network's own blocks."""
    found = [all_traffic(100 + index, str(block)) for index, block in enumerate(network.cidrs)]
    own = ref(f"vpc.{network.name}", "ipv6_cidr_block")
    return [*found, {**all_traffic(100 + BEHIND_IPV4, WORLD_IPV6), "ipv6_cidr_block": own}] if network.dual_stack else found


def database_acl(network: Network) -> Acl:
    """The database tier: two ports from its clients' tiers, replication and the cache's cluster bus within the tier, and return traffic.

    Within the tier one entry covers ports, bus, and return traffic, because all of them lie in the range of return ports.
    """
    security, clients, own = network.security, client_blocks(network), network.tier_blocks("database")
    ports = (security.database_port, security.cache_port)
    admitted = [(port, block) for port in ports for block in clients]
    return {
        "ingress": [
            *(tcp(100 + index, port, port, str(block)) for index, (port, block) in enumerate(admitted)),
            *(tcp(200 + index, *EPHEMERAL, str(block)) for index, block in enumerate(own)),
        ],
        "egress": [
            *(tcp(100 + index, *EPHEMERAL, str(block)) for index, block in enumerate(clients)),
            *(tcp(200 + index, *EPHEMERAL, str(block)) for index, block in enumerate(own)),
        ],
    }


def client_blocks(network: Network) -> list[Block]:
    """The blocks of the database's clients."""
    return [block for name in client_tiers(network) if name in network.tiers for block in network.tier_blocks(name)]


def client_tiers(network: Network) -> tuple[str, ...]:
    """The tiers that can reach the database tier. Other tiers cannot unless the user lists them, because their contents are unknown."""
    listed = network.security.database_client_tiers
    if listed is not None:
        return listed
    return ("private",) if network.routed("private") else ("public",)


def check_clients(network: Network, problems: Problems) -> None:
    """Check that the tiers that can reach the database tier exist, and that there is at least one."""
    listed = network.security.database_client_tiers
    path = f"{network.path}.security.database_client_tiers"
    others = sorted(set(network.tiers) - {"database"})
    named = ", ".join(others) or "none"
    reach = network.routed("private") or network.routed("public")
    if listed is None and reach and "database" in network.tiers and client_tiers(network)[0] not in network.tiers:
        problems.missing(path, f"list the tiers that reach the database; the network has {named}")
    for name in listed or ():
        if name not in others:
            problems.add(path, name, f"the tiers besides the database's are {named}")


def all_traffic(number: int, block: str) -> Entry:
    return {"rule_number": number, "protocol": "-1", "action": "allow", **family(block)}


def family(block: str) -> dict[str, str]:
    return {"ipv6_cidr_block" if ":" in block else "cidr_block": block}


def tcp(number: int, first: int, last: int, block: str) -> Entry:
    return entry(number, "tcp", first, last, block)


def entry(number: int, protocol: str, first: int, last: int, block: str) -> Entry:
    return {"rule_number": number, "protocol": protocol, "action": "allow", **family(block), "from_port": first, "to_port": last}


def fragmentation_needed(number: int) -> Entry:
    """ICMP type 3 (``from_port``) code 4 (``to_port``). Without it, path MTU discovery fails and large replies hang."""
    return entry(number, "icmp", 3, 4, WORLD)


def check_acls(network: Network, problems: Problems) -> None:
    """Check AWS's quota of entries, which many separate blocks or ports can exceed."""
    for name, acl in network_acls(network).items():
        for direction, entries in acl.items():
            if len(entries) > ENTRIES_PER_DIRECTION:
                problems.messages.append(
                    f"{network.path}.tiers.{name} needs too many rules: its network ACL would have {len(entries)} {direction} entries "
                    "and AWS "
                    f"allows {ENTRIES_PER_DIRECTION}; give the tiers adjacent blocks, which are merged, or open fewer ports"
                )
