# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds of resources that only the RDS domain has.

An instance is spread over several files: db_instance.py (what is declared and called), db_instance_changes.py (which ModifyDBInstance calls
a change takes), and one file for each rule: versions, storage, credentials, pending values, statuses, restarts, final snapshots, keys.
"""
