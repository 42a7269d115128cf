"""Slack as a channel: a card in a channel, two buttons, and answers that are believed only when signed."""
