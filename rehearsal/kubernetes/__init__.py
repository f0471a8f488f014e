"""The Kubernetes of the rehearsal: real control planes whose nodes and pods are played."""
