# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Hosted zones of Route 53 with their records, and certificates of ACM. The files of this folder are pure except domain.py.

Read in this order: settings/ (what a user describes), records/ (the canonical form of names and values, which records are ours, what a
change sends), kinds/ (the calls), resources.py, outputs.py, domain.py.
"""
