"""The server's end of a web socket, which the application may cut.

Closing waits until everything is sent, and a client that does not read would keep it waiting
forever: what has been written for it stays in memory as long.
"""

import warnings

with warnings.catch_warnings():
    # That there will be another one some day is not for those who read the log.
    warnings.simplefilter("ignore")
    from uvicorn.protocols.websockets.websockets_impl import WebSocketProtocol

from dispatch.api.socket_handler import CUT


class Wire(WebSocketProtocol):
    """Tells the application how to cut the connection."""

    async def run_asgi(self) -> None:
        """Runs the application for this connection."""
        extensions = self.scope.get("extensions") or {}
        self.scope["extensions"] = {**extensions, CUT: {"cut": self.transport.abort}}
        await super().run_asgi()
