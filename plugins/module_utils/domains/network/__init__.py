# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network domain: turns a user's settings into resources. Pure: nothing here calls AWS.

Read the files in this order: settings.py and tiers.py (what a network is, and its defaults), subnets.py (the CIDR block of each subnet),
rules.py and acls.py (which traffic is allowed), resources.py (all resources), outputs.py (the values that other components use),
validate.py (what is rejected).
"""
