"""``python -m tests.demo``: the second brief's trade approved once by each channel, with pictures."""
