"""Commands behind the Makefile. The shell scripts in this folder run before a virtual environment exists."""
