"""ACM."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service

SERVICE = Service(
    "acm",
    listings=(Listing("RequestCertificate", "CertificateArn", "ListCertificates", ("CertificateSummaryList", "CertificateArn")),),
)
