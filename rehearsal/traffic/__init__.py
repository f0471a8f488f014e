"""The data plane of rehearsed load balancers: what answers HTTP requests on loopback in place of AWS's load balancers and the pods."""
