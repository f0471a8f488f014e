# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EKS clusters, from the user's settings to resources. The files of this folder are pure except domain.py, questions.py and login.py.

Read in this order: settings/ with cluster.py, node_groups.py and identities.py (what a cluster is, and its defaults), validate.py (what is
rejected before the first call), questions.py and judge.py (what is asked of AWS, and what is rejected then), resources.py with roles.py and
launch_templates.py (the resources of a cluster), outputs.py (what other components get), domain.py (which puts the parts together).
"""
