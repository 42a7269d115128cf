"""A fork: a record run again with one input changed, and no way to send anything."""
