# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Errors of the cluster's API, named by what the user can do about them."""

from __future__ import annotations


class ApiProblem(Exception):
    """A call that failed permanently. Its text is suitable for users."""


class BadAccess(ApiProblem):
    """The cluster's address or the credentials for it cannot be determined."""


class Unreachable(ApiProblem):
    """The API server did not answer before the deadline."""


class Unauthorized(ApiProblem):
    """The API server rejected the credentials, and renewing them did not help."""


class Forbidden(ApiProblem):
    """The credentials lack permission for this call. The text names the verb and the resource."""


class NotFound(ApiProblem):
    pass


class Conflict(ApiProblem):
    """The object changed since it was read."""


class Refused(ApiProblem):
    """The API server understood the request and refused it."""


class Gone(ApiProblem):
    """The requested resource version is no longer available. Reread the list."""
