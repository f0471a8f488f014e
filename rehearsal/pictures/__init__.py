"""Dashboards as pictures: the body of a CloudWatch dashboard and its data as one HTML file with inline SVG, without outside resources."""
