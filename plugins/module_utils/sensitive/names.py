# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which settings hold secrets, judged by name and position. Pure functions; docs/secrets.md describes the rules.

A name is split into words: ``dbPassword``, ``DB_PASSWORD``, and ``db-password`` are the same. It is judged by the words it contains, unless
its last word shows that it is about a secret without being one: ``passwordPolicy``, ``secretName``, ``tokenAudience``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


SECRET = _set(
    """password passwords passwd pwd pwds pw pass passphrase passphrases passcode secret secrets credential credentials cred creds token
    tokens psk apikey apikeys authorization bearer kubeconfig htpasswd pgpass netrc dockerconfigjson dockercfg"""
)
"""Everything at and below a name with one of these words is secret."""

ENDINGS = re.compile(r"(passw(or)?d|passphrase|secret|token|credential|(api|access|secret|private|signing|encryption)_?key)s?$")
"""The same for words that are written together, such as ``dbpassword``."""

ALONE = _set("auth jwt dsn key keys pin otp salt cookie cookies")
"""Only a single value with such a name is secret: values below ``auth`` are judged by their own names."""

ABOUT = _set(
    """name names ref refs reference references selector path paths file files filename dir directory mount mounts volume volumes enabled
    enable disabled disable create created required optional allowed seconds minutes hours days ttl timeout expiry expiration expires
    lifetime interval age annotations labels class arn arns id ids url urls uri type types policy policies audience audiences issuer
    length min max size count limit rotation rotate provider store stores manager version kind namespace mode algorithm scope scopes
    format property prefix suffix host hostname port user username users retention schedule strategy template endpoint region bucket
    backend engine review requests driver controller operator webhook image replicas resources budget"""
)
"""A name that ends in one of these words is about a secret, but is not one itself."""

REFERENCES = _set("external sealed existing pull")
"""Before ``secret``: an object of that name, or one that leads to it (``externalSecrets``, ``imagePullSecrets``, ``existingSecret``)."""

PLAIN_KEYS = _set(
    """public topology partition primary sort foreign routing cache label annotation kms metric hash range object config lookup group
    index node dedup idempotency tag match map ordering sharding shard cluster context env header query sorting translation message"""
)
"""Before ``key``: a key that is not a credential."""

COUNTED = _set("max min num number total count")
KEY_HOLDERS = _set("ssh api access private secret signing encryption deploy")
"""Before ``key``: everything below is secret, as in ``sshKeys: {bob: ...}``."""

TOGETHER = [one.split("-") for one in ("string-data", "connection-string", "connection-strings", "conn-str", "auth-string", "auth-header")]
"""Words that indicate a secret only in combination."""

PAIRED = re.compile(r"(value|content|contents|data|text|string|default|plain)$", re.IGNORECASE)
FLAG = re.compile(r"--?[A-Za-z][\w.-]*")
NAMING = re.compile(r"(^|[a-z_-])(name|key)$", re.IGNORECASE)
SELECTING = _set("operator effect property path values optional tolerationSeconds")
"""Next to ``key``, these indicate that it selects something."""

PAIRED = re.compile(r"(value|content|contents|data|text|string|default|plain)$", re.IGNORECASE)
FLAG = re.compile(r"--?[A-Za-z][\w.-]*")
NAMING = re.compile(r"(^|[a-z_-])(name|key)$", re.IGNORECASE)


def words(name: str) -> list[str]:
    """The words of a name, in lower case."""
    return [word.lower() for word in WORDS.findall(name)]


def secret_below(name: str) -> bool:
    """Whether a value of this name, and everything below it, is secret."""
    found = words(name)
    if not found or found[-1] in ABOUT:
        return False
    if any(found[number : number + 2] in TOGETHER for number in range(len(found))):
        return True
    for number, word in enumerate(found):
        if word in SECRET or ENDINGS.search(word):
            before = found[number - 1] if number else ""
            if before in COUNTED or (before in REFERENCES and word.startswith("secret")):
                continue
            return True
    return found[-1] in ("key", "keys") and len(found) > 1 and found[-2] in KEY_HOLDERS


def secret_value(name: str) -> bool:
    """Whether a single value of this name is secret."""
    found = words(name)
    if secret_below(name):
        return True
    if not found or found[-1] not in ALONE:
        return False
    return not (found[-1].startswith("key") and len(found) > 1 and found[-2] in PLAIN_KEYS)


def is_secret(key: str, beside: Mapping[str, Any]) -> bool:
    """Whether the value at a key of a mapping is secret, with everything below it. ``beside``: the mapping."""
    value = beside.get(key)
    if isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value)):
        return secret_below(key) and not _leads_to_one(key, value)
    if is_paired(key, beside):
        return True
    if key.lower() in ("key", "secretkey") and _selects(key, beside):
        return False
    return secret_value(key)


def is_paired(key: str, beside: Mapping[str, Any]) -> bool:
    """Whether this is the value of a pair whose other half names a secret, as in ``{name: DB_PASSWORD, value: ...}``."""
    return bool(PAIRED.search(key)) and any(_names_one(other, name) for other, name in beside.items() if other != key)


def after_flags(items: Sequence[Any]) -> list[bool]:
    """For each item of a list, whether it is the value of a flag before it that names a secret, as in ``[--password, ...]``."""
    flags = [False, *(isinstance(one, str) and bool(FLAG.fullmatch(one)) and secret_value(one) for one in items)]
    return [flag and not (isinstance(one, str) and FLAG.fullmatch(one)) for flag, one in zip(flags, items, strict=False)]


def _names_one(key: Any, name: Any) -> bool:
    return isinstance(name, str) and bool(NAMING.search(str(key))) and secret_value(name)


def _selects(key: str, beside: Mapping[str, Any]) -> bool:
    """Whether ``key`` selects something, as in a toleration, or names an entry of a Secret, as in a ``remoteRef``."""
    return any(other in SELECTING or str(other).endswith("Ref") or (other in ("name", "objectName") and key == "key") for other in beside)


def _leads_to_one(key: str, value: Any) -> bool:
    """Whether this is how Kubernetes refers to a Secret or a token: ``secret: {secretName: ...}``, ``serviceAccountToken: {path: ...}``."""
    if isinstance(value, list):
        if key == "secretObjects":  # of a SecretProviderClass: what goes into which Secret
            return all(isinstance(item, Mapping) and set(item) <= {"secretName", "type", "labels", "annotations", "data"} for item in value)
        return words(key) == ["secrets"] and all(isinstance(item, Mapping) and set(item) <= {"name"} for item in value)
    return "secretName" in value or words(key)[-3:] == ["service", "account", "token"]


def hideable(value: Any) -> bool:
    """Whether a value can be a secret at all: neither a boolean nor empty."""
    return not isinstance(value, bool) and value not in (None, "", {}, [])
