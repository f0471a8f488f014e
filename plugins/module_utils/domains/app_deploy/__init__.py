# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the role app_deploy decides before and beside a release: when it may be deployed, what its names refer to, and its DNS records.

The manifests of an application are made in module_utils/application, and deployed by module_utils/deployment.
"""
