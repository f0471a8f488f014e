# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Saved plans: the state that a plan was based on and what it does, kept in a file, and whether that still holds when it is applied.

values.py: values as JSON, and how two of them are compared. part.py: the plan of one component. moved.py: what prevents applying it.
plan_file.py: the file, which holds the parts of a whole run. show.py: the readable form of the file. Nothing here depends on AWS.
"""
