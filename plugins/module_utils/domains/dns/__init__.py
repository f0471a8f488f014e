# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Hosted zones of Route 53 with their records, and certificates of ACM. The files of this folder are pure except domain.py.

Read in this order: settings/ (what a user describes), domain_names.py (the canonical form of names and values), register.py (which records
are ours), record_changes.py (what a change of records sends), kinds/ (the calls), resources.py, outputs.py, domain.py.
"""
