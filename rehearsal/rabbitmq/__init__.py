"""RabbitMQ's management API, played: virtual hosts, users, permissions, and queues. There is no message broker behind it."""
