# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RDS for PostgreSQL, from the user's settings to resources. The files of this folder are pure except domain.py and questions.py.

Read in this order: settings/ with instance.py first (what an instance is, and its defaults), validate.py (what is rejected before the first
call), questions.py and judge.py (what is asked of AWS, and what is rejected then), resources.py (the resources of an instance), outputs.py
(what applications get), domain.py (which puts the parts together). What is inside an instance belongs to domains/database_content.
"""
