"""Recorded sessions as pictures and pages: SVG and HTML without scripts."""
