"""``python -m tests.bench``: what a session costs, side by side with the team people commonly write."""
