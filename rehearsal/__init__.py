"""The rehearsal cloud: an AWS of one's own on the loopback interface, to try changes on before they meet an account."""
