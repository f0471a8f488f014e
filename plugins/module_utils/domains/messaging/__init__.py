# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Messaging: SQS queues with their dead-letter queues, policies, and key.

``parts.py`` lists the back ends. Each is one part with one option of the module, and makes no call of its service unless it is described
or something of it exists.
"""
