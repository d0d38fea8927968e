"""Shows the figures of this process on a port of its own, apart from what clients reach.

In a thread of its own: who watches must learn of an event loop that does not come round.
"""

import errno
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import make_wsgi_app

from dispatch.telemetry import metrics

_log = structlog.get_logger(__name__)

PORTS = 64
"""So many processes of one machine find a port each."""
SILENT_MOST_S = 30.0
"""After so long a process whose event loop does not come round is taken for hung."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its name there
        """Nothing: it is asked every few seconds."""


@contextmanager
def shown_figures(host: str, port: int | None) -> Iterator[int | None]:
    """While the block runs: `/metrics` and `/healthz` on the first free port from `port` on; gives
    the port. Without `port` nothing is shown.

    Raises OSError when the address is not this machine's, or no port is free.
    """
    if port is None:
        yield None
        return
    server = _listening(host, port)
    thread = threading.Thread(target=server.serve_forever, name="figures", daemon=True)
    thread.start()
    _log.info("metrics_shown", host=host, port=server.server_port)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _listening(host: str, first: int) -> WSGIServer:
    for port in range(first, first + PORTS):
        try:
            return make_server(host, port, _app(), _Server, _Quiet)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port == first + PORTS - 1:
                raise
    raise AssertionError("unreachable")


def _app() -> Callable[..., Iterable[bytes]]:
    figures = make_wsgi_app(metrics.REGISTRY)

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/metrics":
                return figures(environ, start)
            case "/healthz":
                lives = metrics.silent_s() < SILENT_MOST_S
                start("200 OK" if lives else "503 Service Unavailable", [_PLAIN])
                return [b"ok\n" if lives else b"the event loop does not come round\n"]
            case _:
                start("404 Not Found", [_PLAIN])
                return [b"/metrics, /healthz\n"]

    return app


_PLAIN = ("Content-Type", "text/plain; charset=utf-8")
