# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network domain: what a user asks for, turned into resources. Pure: nothing here calls AWS.

Read in this order: settings.py with tiers.py (what a network is, and its defaults), subnets.py (which block each subnet gets), rules.py and
acls.py (who may talk to whom), resources.py (the resources of it all), outputs.py (what others get to know), validate.py (what is refused).
"""
