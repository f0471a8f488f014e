"""What each service says about itself: one file, one `SERVICE`; `declarations.py` says what may stand in it and finds the files."""
