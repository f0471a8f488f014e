"""AWS WAF."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service

SERVICE = Service(
    "wafv2",
    listings=(
        Listing("CreateWebACL", "Summary.Id", "ListWebACLs", ("WebACLs", "Id")),
        Listing("CreateIPSet", "Summary.Id", "ListIPSets", ("IPSets", "Id")),
    ),
    changes=frozenset({"AssociateWebACL", "DisassociateWebACL"}),
    reads=frozenset({"CheckCapacity"}),
)
