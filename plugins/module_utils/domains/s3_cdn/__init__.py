# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Buckets, and what distributes their content: one graph, because a bucket's policy and its key's name the exact distribution.

The domain consists of parts, one for each option of its module; see part.py. Each part has its settings in settings/<part>.py, its
resources in resources_<part>.py, its kinds in kinds/, its permissions and samples in permissions_<part>.py and samples_<part>.py, and
part_<part>.py that ties them together, and is named in parts.py. The files of this folder are pure except domain.py, the questions and
checks of parts, and what kinds/ calls.
"""
