# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Repositories for container images in ECR. The files of this folder are pure except domain.py and what kinds/ calls.

Read in this order: settings/ (what a user describes), lifecycle.py and access.py (the policies that follow from it), kinds/ (the calls),
resources.py, outputs.py, domain.py. Which images run, and how they are tagged so that no lifecycle policy expires them, is in
module_utils/images/.
"""
