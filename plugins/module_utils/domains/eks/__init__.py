# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EKS clusters, from what a user writes to resources; pure, but for component.py, questions.py and login.py.

Read in this order: settings.py with node_groups.py and identities.py (what a cluster is, and its defaults), validate.py (what is refused
before the first call), questions.py and judge.py (what is asked of AWS, and refused then), resources.py with roles.py and
launch_templates.py (the resources of it all), outputs.py (what others get to know), component.py (all of it put together).
"""
