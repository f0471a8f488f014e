# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which settings hold secrets, judged by their names."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.sensitive.names import after_flags, is_secret, secret_below, secret_value


def names(text: str) -> list[str]:
    return text.split()


BELOW = names(
    """password Password PASSWORD passwords db_password dbPassword dbpassword DB-PASSWORD passwd userPasswd pwd SMTP_PWD pw adminPw pass
    passphrase secret secrets clientSecret CLIENT_SECRET appsecret token apiToken accessTokens github-token credentials dbCredentials creds
    stringData apiKey API_KEY apikey sshKey sshKeys ssh_private_key privateKey accessKey AWS_SECRET_ACCESS_KEY SECRET_KEY_BASE
    encryptionKey authorization connectionString ConnectionStrings PGPASSWORD MYSQL_ROOT_PASSWORD passwordHash tokenString kubeconfig
    secretData psk registryPasswordOld TOKEN2 auth-string"""
)
VALUES = names("auth jwt REDIS_AUTH basicAuth key STRIPE_KEY licenseKey tlsKey tls.key dsn SENTRY_DSN pin otp salt cookie masterKey")
NEITHER = names(
    """secretName secretNames existingSecret imagePullSecret imagePullSecrets externalSecrets sealed-secrets secretRef tokenSecretRef
    passwordFile PASSWORD_FILE tokenPath passwordPolicy tokenAudience tokenAudiences tokenExpirationSeconds tokenTTL secretStore
    secretProvider secretsManager automountServiceAccountTokenEnabled maxTokens MAX_TOKENS numTokens publicKey topologyKey partitionKey
    kmsKeyId kmsKeyArn credentialsMode secretType tokenUrl keyName cacheKey replicas image user username compass bypassed authority author
    authorized monkey keyboard tokenizer secretary passive passthrough passport"""
)


@pytest.mark.parametrize("name", BELOW)
def test_everything_below_these_is_secret(name: str) -> None:
    assert secret_below(name)
    assert secret_value(name)


@pytest.mark.parametrize("name", VALUES)
def test_a_single_value_of_these_is_secret(name: str) -> None:
    assert secret_value(name)
    assert not secret_below(name)


@pytest.mark.parametrize("name", NEITHER)
def test_these_hold_no_secret(name: str) -> None:
    assert not secret_value(name)
    assert not secret_below(name)


PAIRS: list[Any] = [
    ("value", {"name": "DB_PASSWORD", "value": "x"}, True),
    ("value", {"key": "apiToken", "value": "x"}, True),
    ("ParameterValue", {"ParameterKey": "MasterPassword", "ParameterValue": "x"}, True),
    ("defaultValue", {"name": "SMTP_PWD", "defaultValue": "x"}, True),
    ("value", {"name": "LOG_LEVEL", "value": "x"}, False),
    ("value", {"name": "PASSWORD_FILE", "value": "x"}, False),
    ("name", {"name": "DB_PASSWORD", "value": "x"}, False),
    ("valueFrom", {"name": "DB_PASSWORD", "valueFrom": {}}, False),
    ("key", {"key": "dedicated", "operator": "Exists"}, False),
    ("key", {"key": "password", "name": "a"}, False),
    ("key", {"key": "x"}, True),
    ("secretKey", {"secretKey": "password", "remoteRef": {}}, False),
    ("secretKey", {"secretKey": "x"}, True),
    ("secret", {"secret": {"secretName": "x"}}, False),
    ("secretObjects", {"secretObjects": [{"secretName": "x", "data": [{"objectName": "URL", "key": "URL"}]}]}, False),
    ("secretObjects", {"secretObjects": [{"secretName": "x", "value": "y"}]}, True),
    ("key", {"objectName": "URL", "key": "URL"}, False),
    ("secret", {"secret": {"user": "x"}}, True),
    ("secrets", {"secrets": [{"name": "x"}]}, False),
    ("secrets", {"secrets": [{"name": "x", "value": "y"}]}, True),
    ("serviceAccountToken", {"serviceAccountToken": {"path": "x"}}, False),
    ("serviceAccountToken", {"serviceAccountToken": "x"}, True),
    ("passwordPolicy", {"passwordPolicy": {"minLength": 8}}, False),
    ("auth", {"auth": {"database": "x"}}, False),
]


@pytest.mark.parametrize(("key", "beside", "expected"), PAIRS, ids=range(len(PAIRS)))
def test_what_is_beside_counts(key: str, beside: dict[str, Any], expected: bool) -> None:
    assert is_secret(key, beside) is expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["--password", "x", "y"], [False, True, False]),
        (["-token", "x"], [False, True]),
        (["--verbose", "x"], [False, False]),
        (["--password", "--other", "x"], [False, False, False]),
        (["password", "x"], [False, False]),
        (["--password"], [False]),
        ([1, None], [False, False]),
        ([], []),
    ],
    ids=range(8),
)
def test_values_after_flags(items: list[Any], expected: list[bool]) -> None:
    assert after_flags(items) == expected
