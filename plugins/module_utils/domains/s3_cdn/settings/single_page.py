# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The single-page fallback: a function that answers with one page for every path that names no file. Pure functions.

Error pages for 403 and 404 would do the same for the whole distribution, also for what an API answers. Its first line states what it does,
for tools that cannot run JavaScript.
"""

from __future__ import annotations

import json

NAME = "single-page"
"""The function's name in addresses and, after the distribution's, in CloudFront."""

CODE = """// mainstay.aws: {declared}
function handler(event) {{
  var request = event.request;
  var file = request.uri.substring(request.uri.lastIndexOf('/') + 1);
  if (file.indexOf('.') === -1) {{
    request.uri = {page};
  }}
  return request;
}}
"""


def fallback(page: str) -> str:
    """The JavaScript that leads every path without a dot in its last part to a page."""
    return CODE.format(declared=json.dumps({"fallback": page}), page=json.dumps(page))
