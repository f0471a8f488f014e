# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What can go wrong with the API of a cluster, in terms that say what to do about it."""

from __future__ import annotations


class ApiProblem(Exception):
    """A call that failed for good. Its text is fit for people."""


class BadAccess(ApiProblem):
    """The way to the cluster, or the credentials for it, cannot be made out."""


class Unreachable(ApiProblem):
    """The API did not answer for as long as it was given."""


class Unauthorized(ApiProblem):
    """The credentials are not accepted, and renewing them did not help."""


class Forbidden(ApiProblem):
    """The credentials may not do this; names the verb and the resource."""


class NotFound(ApiProblem):
    pass


class Conflict(ApiProblem):
    """What was to be changed is no longer what it was."""


class Refused(ApiProblem):
    """The API understood and will not do it."""


class Gone(ApiProblem):
    """The place in the history that was asked for is no longer kept: a list has to be read anew."""
