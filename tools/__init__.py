"""What acts: the executor's functions, the Purple Flea client and its embedded paper twin."""

#: ``desk.bootstrap`` checks this: another distribution that ships a top-level ``tools`` could overwrite ours.
DISTRIBUTION = "purple-desk"
