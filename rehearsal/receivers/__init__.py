"""The outside world as far as the cloud sends something to it: HTTP endpoints such as PagerDuty's and Slack's, and mailboxes.

Nothing leaves the machine: deliveries to the hosts in the setting `receivers` arrive at a server on loopback, which plays and records
them; all other hosts cannot be reached.
"""
