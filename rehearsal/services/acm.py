"""ACM."""

from __future__ import annotations

from rehearsal.declarations import Listing, Quota, Service

SERVICE = Service(
    "acm",
    listings=(Listing("RequestCertificate", "CertificateArn", "ListCertificates", ("CertificateSummaryList", "CertificateArn")),),
    quotas={
        "acm_certificates": Quota("acm", "L-F141DD1D", "ACM certificates", 2500),
        "names_per_acm_certificate": Quota("acm", "L-FB94F0B0", "Domain names per ACM certificate", 10),
    },
)
