"""The desk's home on this machine: its files, its stop switch, its clocks and its sources of identity."""
