# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Decides what a synchronization does. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from .files import LocalFile
from .headers import Rules, cache_control, content_type, is_document
from .record import Entry, Form, Record

DAY = 86400.0
STAGES = ("assets", "documents", "index")
"""The order of uploads: a document that is served must find what it refers to."""


@dataclass(frozen=True)
class Listed:
    """An object as the bucket lists it."""

    size: int
    etag: str
    modified: str


@dataclass(frozen=True)
class Keeping:
    """How long objects stay that are no longer part of the site: at least ``days``, and while one of the last ``releases`` has them."""

    days: float
    releases: int


@dataclass(frozen=True)
class Put:
    """One file to upload. ``why``: in words. ``replaces``: whether there is or was such an object, so that caches may have it."""

    name: str
    form: Form
    why: str
    replaces: bool
    stage: int


@dataclass(frozen=True)
class Plan:
    """``puts``: in the order of upload. ``deletes``: names. ``outdated``: names to invalidate once all is uploaded.

    ``retired``: names that leave the newest release with this run and stay for now. ``release``: its number afterwards. ``foreign``: how
    many objects something else has put there; they are left alone. ``unfinished``: whether an earlier run uploaded a part of a release.
    """

    puts: tuple[Put, ...]
    deletes: tuple[str, ...]
    outdated: tuple[str, ...]
    retired: tuple[str, ...]
    unchanged: int
    foreign: int
    release: int
    unfinished: bool
    forms: Mapping[str, Form]
    version: str

    @property
    def changes(self) -> bool:
        return bool(self.puts or self.deletes or self.outdated or self.retired or self.unfinished)


def forms_of(files: Sequence[LocalFile], rules: Rules, kms_key_id: str) -> dict[str, Form]:
    return {
        one.name: Form(one.sha256, one.size, content_type(one.name, rules), cache_control(one.name, rules), kms_key_id) for one in files
    }


def make_plan(
    forms: Mapping[str, Form],
    record: Record,
    listing: Mapping[str, Listed],
    rules: Rules,
    index: str,
    version: str,
    keeping: Keeping,
    now: float,
) -> Plan:
    """``forms``, ``listing``: by name below the prefix, the record itself excluded. ``now``: seconds since the epoch."""
    reasons = {name: _why(form, record.entries.get(name), listing.get(name)) for name, form in forms.items()}
    puts = [
        Put(name, forms[name], why, name in listing or name in record.entries, _stage(name, rules, index))
        for name, why in reasons.items()
        if why
    ]
    puts.sort(key=lambda one: (one.stage, one.name))
    current = {name for name, entry in record.entries.items() if entry.left is None}
    retired = tuple(sorted(current - set(forms)))
    unfinished = any(entry.release > record.release for entry in record.entries.values())
    release = record.release + 1 if unfinished or retired or _differ(forms, record, current) else record.release
    outdated = {*record.outdated, *(one.name for one in puts if one.replaces)}
    return Plan(
        puts=tuple(puts),
        deletes=tuple(sorted(name for name, one in record.entries.items() if name not in forms and _expired(one, release, keeping, now))),
        outdated=tuple(sorted(outdated)),
        retired=retired,
        unchanged=len(forms) - len(puts),
        foreign=len(set(listing) - set(record.entries) - set(forms)),
        release=release,
        unfinished=unfinished,
        forms=forms,
        version=version,
    )


def _differ(forms: Mapping[str, Form], record: Record, current: Collection[str]) -> bool:
    return set(forms) != current or any(form != record.entries[name].form for name, form in forms.items())


def _why(form: Form, entry: Entry | None, listed: Listed | None) -> str:
    """Why a file must be uploaded; empty if its object is as it should be."""
    if entry is None:
        return "new" if listed is None else "replaces an object that something else has put there"
    if listed is None:
        return "its object is gone"
    if entry.form.sha256 != form.sha256:
        return "changed"
    for name in ("content_type", "cache_control", "kms_key_id"):
        before, after = getattr(entry.form, name), getattr(form, name)
        if before != after:
            return f"{name} {before or 'none'} -> {after or 'none'}"
    if (listed.etag, listed.size) != (entry.etag, form.size) or entry.modified not in ("", listed.modified):
        return "its object was changed by something else"
    return ""


def _stage(name: str, rules: Rules, index: str) -> int:
    return 2 if name == index else 1 if is_document(name, rules) else 0


def _expired(entry: Entry, release: int, keeping: Keeping, now: float) -> bool:
    """An open page may still load what it refers to: it is deleted after the days, and only once no kept release has it."""
    return entry.left is not None and now - entry.left >= keeping.days * DAY and entry.release <= release - keeping.releases


def recorded(record: Record, plan: Plan, etags: Mapping[str, str], outdated: Sequence[str]) -> Record:
    """The record while a plan is carried out: with what was uploaded so far. The next run uploads the rest, as part of the same release."""
    uploaded = {put.name: Entry(put.form, etags[put.name], plan.release) for put in plan.puts if put.name in etags}
    return replace(record, entries={**record.entries, **uploaded}, outdated=tuple(sorted(outdated)))


def finished(record: Record, plan: Plan, listing: Mapping[str, Listed], now: float) -> Record:
    """The record once a plan is carried out, given the one with all uploads and what the bucket lists now."""
    entries = {name: one for name, one in record.entries.items() if name not in plan.deletes}
    for name in plan.forms:
        one = entries[name]
        seen = listing.get(name)
        modified = seen.modified if seen and seen.etag == one.etag else one.modified
        entries[name] = replace(one, release=plan.release, left=None, modified=modified)
    for name in plan.retired:
        entries[name] = replace(entries[name], left=now)
    return replace(record, release=plan.release, version=plan.version, entries=entries, outdated=())
