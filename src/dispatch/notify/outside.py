"""Posts to addresses that somebody entered, without becoming a way into the house's own network."""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from dispatch.notify.outgoing import NotSent

_TIMEOUT_S = 15.0
_ANSWER_MOST = 64_000


class Outside:
    """The open internet; with `private`, the house's own network, too, and without TLS."""

    def __init__(self, *, private: bool = False) -> None:
        self._private = private

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer; redirects are not followed. Raises `NotSent` when there is
        none, or when the address must not be asked."""
        host = await self._checked(url)
        # The name was looked up and checked once; what it means a moment later does not count.
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        address = f"[{host}]" if ":" in host else host
        target = parts._replace(netloc=f"{address}{port}").geturl()
        try:
            async with (
                httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as http,
                http.stream(
                    "POST",
                    target,
                    content=content,
                    headers={**headers, "Host": f"{parts.hostname}{port}"},
                    extensions={"sni_hostname": parts.hostname},
                ) as answer,
            ):
                await _drop(answer)
        except (httpx.HTTPError, OSError) as error:
            raise NotSent(f"{type(error).__name__}") from error
        return answer.status_code

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


async def _drop(answer: Any) -> None:
    """Reads the answer's body up to a limit, so that the connection ends well."""
    read = 0
    async for chunk in answer.aiter_raw():
        read += len(chunk)
        if read > _ANSWER_MOST:
            return
