"""The server's end of a web socket, which the application may cut, or write to at once.

Closing waits until everything is sent, and a client that does not read would keep it waiting
forever: what has been written for it stays in memory as long. And what thousands share is framed
and written as it is: the usual way costs several times as much for each of them.
"""

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from dispatch.api.socket_handler import CUT, PUSH

_REASON_MOST = 123
"""Bytes of why a connection ends: a control frame has 125, two of them for the code (RFC 6455)."""
_TEXT = b"\x81"
"""A whole text message; those of a server are not masked."""


class Wire(WebSocketsSansIOProtocol):
    """Tells the application how to cut the connection and how to write to it at once."""

    async def run_asgi(self) -> None:
        """Runs the application for this connection."""
        extensions = self.scope.get("extensions") or {}
        ours = {CUT: {"cut": self.transport.abort}, PUSH: {"push": self._push}}
        self.scope["extensions"] = {**extensions, **ours}
        await super().run_asgi()

    async def send(self, message: ASGISendEvent) -> None:
        """Sends what the application says; a reason that names what a client sent is cut short."""
        if message["type"] == "websocket.close" and (reason := message.get("reason")):
            short = reason.encode()[:_REASON_MOST].decode(errors="ignore")
            message = {**message, "reason": short}
        await super().send(message)

    def _push(self, text: bytes) -> bool:
        """Writes a message, unless the client has to read first or the connection ends."""
        is_open = self.handshake_complete and not self.close_sent and not self.disconnected
        if not is_open or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(_TEXT + _length(len(text)) + text)
        return True


def _length(size: int) -> bytes:
    if size < 126:
        return bytes((size,))
    if size < 1 << 16:
        return b"\x7e" + size.to_bytes(2, "big")
    return b"\x7f" + size.to_bytes(8, "big")
