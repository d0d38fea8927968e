"""Web hooks, signed as the Standard Webhooks specification says (NTF-3)."""

import asyncio
import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from dispatch.notify.outgoing import NotSent, Outgoing

_TIMEOUT_S = 15.0
_ANSWER_MOST = 64_000
_GONE = 410


class WebHooks:
    """Posts a message as JSON: `type`, `timestamp`, `data`.

    Headers `webhook-id` (the same for every try), `webhook-timestamp`, `webhook-signature`; one
    signature for each secret, while a new one takes the place of another; and `traceparent`, by
    which the receiver goes on with the trace of what the message tells of. Redirects are not
    followed. Unless `private`, only https to addresses out in the world: what a site enters as
    its hook must not become a way into the house's own network.
    """

    def __init__(self, *, private: bool = False) -> None:
        self._private = private

    async def send(self, outgoing: Outgoing) -> None:
        url = str(outgoing.config["url"])
        host = await self._checked(url)
        content = orjson.dumps(
            {
                "type": outgoing.kind,
                "timestamp": outgoing.created_at.isoformat(),
                "data": outgoing.data,
            }
        )
        headers = {"Content-Type": "application/json", **_signed(outgoing, content)}
        if outgoing.traceparent is not None:
            headers["traceparent"] = outgoing.traceparent
        # The name was looked up and checked once; what it means a moment later does not count.
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        address = f"[{host}]" if ":" in host else host
        target = parts._replace(netloc=f"{address}{port}").geturl()
        headers["Host"] = f"{parts.hostname}{port}"
        try:
            async with (
                httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as http,
                http.stream(
                    "POST",
                    target,
                    content=content,
                    headers=headers,
                    extensions={"sni_hostname": parts.hostname},
                ) as answer,
            ):
                await _drop(answer)
        except (httpx.HTTPError, OSError) as error:
            raise NotSent(f"{type(error).__name__}") from error
        if not answer.is_success:
            raise NotSent(f"answered {answer.status_code}", is_final=answer.status_code == _GONE)

    async def _checked(self, url: str) -> str:
        """The address of the URL's host; refuses what is not out in the world."""
        parts = urlsplit(url)
        if parts.hostname is None or parts.scheme not in ("https", "http"):
            raise NotSent("no web address", is_final=True)
        if parts.scheme != "https" and not self._private:
            raise NotSent("only https is allowed", is_final=True)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(
                parts.hostname, parts.port or 443, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise NotSent("the host is not known") from error
        addresses = [str(each[4][0]) for each in found]
        strange = [each for each in addresses if not ipaddress.ip_address(each).is_global]
        if strange and not self._private:
            raise NotSent("the address is not on the open internet", is_final=True)
        return addresses[0]


def _signed(outgoing: Outgoing, content: bytes) -> dict[str, str]:
    from standardwebhooks.webhooks import Webhook

    at = outgoing.at
    signatures = [
        Webhook(secret).sign(outgoing.id, at, content.decode()) for secret in outgoing.secrets
    ]
    return {
        "webhook-id": outgoing.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def _drop(answer: Any) -> None:
    """Reads the answer's body up to a limit, so that the connection ends well."""
    read = 0
    async for chunk in answer.aiter_raw():
        read += len(chunk)
        if read > _ANSWER_MOST:
            return
