"""For all tests: the same examples in every run, and respx taught the transport that openai 3 uses.

Set ``DESK_TEST_RANDOM=1`` for new examples (``make torture`` does).
"""

from __future__ import annotations

import importlib.util
import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile("random" if os.environ.pop("DESK_TEST_RANDOM", "") else "same")

if importlib.util.find_spec("httpcore2") is not None:
    from respx.mocks import HTTPCoreMocker

    HTTPCoreMocker.add_targets(
        "httpcore2._sync.connection.HTTPConnection",
        "httpcore2._sync.connection_pool.ConnectionPool",
        "httpcore2._sync.http_proxy.HTTPProxy",
        "httpcore2._async.connection.AsyncHTTPConnection",
        "httpcore2._async.connection_pool.AsyncConnectionPool",
        "httpcore2._async.http_proxy.AsyncHTTPProxy",
    )
