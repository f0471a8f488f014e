# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The target of a run: endpoint, credentials and clients, and the refusal of endpoints that are neither AWS nor a rehearsal."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

try:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
except ImportError:
    pass  # AnsibleAWSModule reports missing libraries

from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info

from ..reconcile.errors import CallFailed
from .calls import NO_CREDENTIALS
from .connection import watch
from .endpoints import is_aws
from .inherited import take as take_clients
from .service_models import session as shared_session

LOOPBACK = ("127.0.0.1", "localhost", "::1")
REHEARSAL_VARIABLE = "MAINSTAY_REHEARSAL_ENDPOINT"


def refused_endpoint(endpoint: str | None, environment: Mapping[str, str]) -> str | None:
    """Why a run must not use this endpoint, or None if it may.

    A variable left over in a shell must not send a production run to an emulator, or production credentials to a third party: an endpoint
    must be AWS's own, or on loopback and announced by the rehearsal.
    """
    if not endpoint:
        return None
    if is_aws(endpoint):
        return None
    host = urlsplit(endpoint).hostname or ""
    announced = environment.get(REHEARSAL_VARIABLE)
    if host in LOOPBACK and announced and announced.rstrip("/") == endpoint.rstrip("/"):
        return None
    return (
        f"the endpoint {endpoint} (from the endpoint_url option, AWS_ENDPOINT_URL or the profile) is neither AWS (https, with the "
        "names of a service and its region) nor a known rehearsal cloud. Unset it to use AWS; to use a rehearsal cloud, set the variables "
        "that `make cloud-env` prints."
    )


def client_config() -> Any:
    """The botocore configuration of all clients. botocore's retries are off because calls.py retries."""
    return Config(retries={"total_max_attempts": 1, "mode": "standard"}, max_pool_connections=64, connect_timeout=10, read_timeout=60)


def of_another_region(endpoint: str, region: str, home: str) -> str | None:
    """Why calls to a further region must not use this endpoint, or None if they may: one configured for the component's own region."""
    labels = (urlsplit(endpoint).hostname or "").split(".")
    if not is_aws(endpoint) or home not in labels or region in labels:
        return None
    return (
        f"the endpoint {endpoint} (from the endpoint_url option, a variable such as AWS_ENDPOINT_URL_KMS, or the profile) is in {home}, "
        f"but this component also has resources in {region}. Unset it, so that each region's own endpoint is used."
    )


def at_one_address(client: Any) -> None:
    """Send every call of a client to its endpoint's own host. S3 Control puts the account's ID before it, which no loopback address has."""
    host = urlsplit(client.meta.endpoint_url).netloc

    def correct(params: dict[str, Any], **_other: Any) -> None:
        params["url"] = urlsplit(params["url"])._replace(netloc=host).geturl()

    client.meta.events.register("before-call", correct, unique_id="mainstay-one-address")


def checked(client: Any, service: str, place: str, home: str) -> Any:
    """A new client of the region ``place``, set up for use. Raises CallFailed if its endpoint is refused: variables such as
    AWS_ENDPOINT_URL_EC2, or the profile, may set one too.
    """
    used = client.meta.endpoint_url
    if urlsplit(used).hostname in LOOPBACK:
        at_one_address(client)
    if reason := refused_endpoint(used, os.environ) or (of_another_region(used, place, home) if place != home else None):
        raise CallFailed(reason, service, "EndpointRefused")
    return watch(client)


def client_maker(module: Any) -> tuple[Callable[..., Any], str | None, str | None]:
    """(function that creates a service's client, region, endpoint or None for AWS), from a module's connection options.

    The function takes a service and, for another region than the module's, ``region=``.
    """
    region, endpoint, params = get_aws_connection_info(module)
    config = client_config()
    inherited = take_clients(region, {**params, "endpoint_url": endpoint})
    if given := params.pop("aws_config", None):
        config = config.merge(given)
    profile = params.pop("profile_name", None)

    @functools.cache
    def session() -> Any:
        return shared_session(profile)

    if not inherited:
        try:
            session()
        except BotoCoreError as error:
            module.fail_json(msg=f"{error}. Correct the profile option or AWS_PROFILE.")

    def create(service: str, place: str | None) -> Any:
        return session().client(service, region_name=place, endpoint_url=endpoint, config=config, **params)

    def make(service: str, **away: str) -> Any:
        place = away.get("region", region)
        try:
            client = (inherited.get(service) if place == region else None) or create(service, place)
        except BotoCoreError as error:  # incomplete credentials, a broken profile
            raise CallFailed(str(error), service, type(error).__name__, NO_CREDENTIALS) from error
        return checked(client, service, str(place), str(region))

    return make, region, endpoint or os.environ.get("AWS_ENDPOINT_URL")
