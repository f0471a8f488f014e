"""Dashboards of the rehearsal's CloudWatch as pictures: one HTML file with inline SVG for each, which needs nothing else to be shown."""
