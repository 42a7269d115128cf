"""A corpus of recorded sessions, as varied as sessions come, and its replay: what "exact" is tried on.

``python -m tests.corpus --sessions N --seed S --home DIR`` records, ``python -m tests.corpus.replay
--home DIR`` runs every session again on whichever interpreter it is called with.
"""
