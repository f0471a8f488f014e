"""IAM. AWS publishes no rates for it."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service, Throttled

SERVICE = Service(
    "iam",
    listings=(
        Listing(
            "CreateOpenIDConnectProvider",
            "OpenIDConnectProviderArn",
            "ListOpenIDConnectProviders",
            ("OpenIDConnectProviderList", "Arn"),
        ),
        Listing("CreateRole", "Role.RoleName", "ListRoles", ("Roles", "RoleName")),
    ),
    throttled=Throttled("Throttling"),
    condition_keys=frozenset({"iam:awsservicename", "iam:passedtoservice", "iam:permissionsboundary", "iam:policyarn"}),
    regional=False,
    reads=frozenset({"GenerateCredentialReport", "GenerateServiceLastAccessedDetails"}),
)
