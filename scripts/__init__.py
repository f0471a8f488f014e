"""What the Makefile calls. The shell scripts beside run before there is a virtual environment."""
