# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Container images: references, the digests behind tags, the platforms that they run on, and tags that keep them in ECR.

``references`` reads references, ``resolving`` finds their digests, ``platforms`` compares them with nodes, and ``protecting`` keeps
lifecycle policies away from images that run or that a rollback needs.
"""
