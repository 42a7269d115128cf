"""``desk serve``: approvals on a page and from Slack, and sessions that go on by themselves."""
