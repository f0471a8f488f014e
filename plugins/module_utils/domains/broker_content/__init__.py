# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is inside a broker of RabbitMQ: the implementation of the module rabbitmq_objects.

Amazon MQ's API knows only the first administrator. Everything else goes through RabbitMQ's management API, from a host that reaches it.
"""
