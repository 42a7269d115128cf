"""How a human is asked and answers: channels behind one port, and the inbox that all of them share."""
