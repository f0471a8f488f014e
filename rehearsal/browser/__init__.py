"""A real browser, Chromium without a screen, that opens pages of a rehearsed platform as its users do."""
