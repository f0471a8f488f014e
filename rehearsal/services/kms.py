"""KMS. The rates are those of "Request quotas" in its Developer Guide."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service, Throttled

SERVICE = Service(
    "kms",
    listings=(
        Listing("CreateAlias", "input:AliasName", "ListAliases", ("Aliases", "AliasName")),
        Listing("CreateKey", "KeyMetadata.KeyId", "ListKeys", ("Keys", "KeyId")),
    ),
    condition_keys=frozenset({"kms:grantisforawsresource", "kms:resourcealiases", "kms:viaservice"}),
    rates={
        "change": (5, 5),
        "DescribeKey": (100, 100),
        "GetKeyPolicy": (30, 30),
        "GetKeyRotationStatus": (30, 30),
        "ListAliases": (100, 100),
        "ListResourceTags": (100, 100),
    },
    throttled=Throttled(message="You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."),
    reads=frozenset(
        {
            *("Decrypt", "Encrypt", "ReEncrypt", "Sign", "Verify", "VerifyMac"),
            *("GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext"),
            *("GenerateMac", "GenerateRandom"),
        }
    ),
)
