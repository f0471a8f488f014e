"""The rehearsal cloud: a private AWS on the loopback interface, for trying changes before they reach an account."""
