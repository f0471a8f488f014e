"""Secrets Manager. A client token becomes the ID of a version, so the service itself decides what a repeated token means."""

from __future__ import annotations

from rehearsal.declarations import Listing, Quota, Service

SERVICE = Service(
    "secretsmanager",
    listings=(Listing("CreateSecret", "Name", "ListSecrets", ("SecretList", "Name")),),
    quotas={"secrets": Quota("secretsmanager", "L-2F66C23C", "Secrets in a region of a single account", 500_000)},
    tokens_replayed=False,
    rates={"change": (50, 50), "GetSecretValue": (10_000, 10_000), "DescribeSecret": (10_000, 10_000), "ListSecrets": (100, 100)},
    condition_keys=frozenset(
        {
            *("kms:viaservice", "secretsmanager:forcedeletewithoutrecovery", "secretsmanager:kmskeyid", "secretsmanager:name"),
            *("secretsmanager:recoverywindowindays", "secretsmanager:secretid", "secretsmanager:versionid", "secretsmanager:versionstage"),
        }
    ),
)
