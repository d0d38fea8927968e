"""Files in a bucket of any service that speaks S3; clients send and load them there directly.

Addresses are signed with AWS Signature Version 4 in the query ("presigned"), as its public
description says; the service's own requests use such addresses, too.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

import httpx

from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.photos import Inspection, Promise
from dispatch.files.keeping import Upload

_OWN = timedelta(seconds=60)
_TIMEOUT_S = 30.0
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Bucket:
    """`url`: the bucket's own address, with its name in the host or as the path."""

    url: str
    region: str
    key_id: str
    key: str = field(repr=False)

    def secret(self) -> bytes:
        return _mac(self.key.encode(), "dispatch addresses of files")

    def upload(self, promise: Promise, *, now: datetime, until: datetime) -> Upload | None:
        headers = {
            # Signed as well: the bucket takes nothing longer, and nothing of another kind.
            "content-length": str(promise.byte_length),
            "content-type": promise.kind.media_type,
        }
        address = self.address("PUT", promise.key, now=now, until=until, headers=headers)
        return Upload(address, {"Content-Type": promise.kind.media_type})

    async def check(self, promise: Promise, *, now: datetime) -> bool:
        inspection = Inspection(promise)
        try:
            async with (
                httpx.AsyncClient(timeout=_TIMEOUT_S) as http,
                http.stream("GET", self._own("GET", promise.key, now)) as answer,
            ):
                if answer.status_code == httpx.codes.NOT_FOUND:
                    return False
                answer.raise_for_status()
                async for piece in answer.aiter_bytes():
                    inspection.take(piece)
                inspection.finish()
        except httpx.HTTPError as error:
            raise refuse(Code.BUSY) from error
        except Refused:
            await self.remove([promise.key], now=now)
            raise
        return True

    def found(self, key: str, *, now: datetime) -> str:
        return self._own("GET", key, now)

    async def remove(self, keys: Sequence[str], *, now: datetime) -> None:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S) as http:
            for key in keys:
                answer = await http.delete(self._own("DELETE", key, now))
                if answer.status_code != httpx.codes.NOT_FOUND:
                    answer.raise_for_status()

    def address(
        self,
        method: str,
        key: str,
        *,
        now: datetime,
        until: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """The address by which one may do `method` with a file, with exactly these headers."""
        url = urlsplit(f"{self.url.rstrip('/')}/{key}")
        signed = dict(sorted({"host": url.netloc, **(headers or {})}.items()))
        day, moment = f"{now:%Y%m%d}", f"{now:%Y%m%dT%H%M%SZ}"
        scope = f"{day}/{self.region}/s3/aws4_request"
        asked = {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self.key_id}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(max(1, int((until - now).total_seconds()))),
            "X-Amz-SignedHeaders": ";".join(signed),
        }
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
        request = "\n".join(
            (
                method,
                quote(url.path),
                query,
                *(f"{name}:{value}" for name, value in signed.items()),
                "",
                ";".join(signed),
                "UNSIGNED-PAYLOAD",
            )
        )
        text = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()))
        key_of_day = f"AWS4{self.key}".encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key_of_day = _mac(key_of_day, part)
        return f"{url.geturl()}?{query}&X-Amz-Signature={_mac(key_of_day, text).hex()}"

    def _own(self, method: str, key: str, now: datetime) -> str:
        return self.address(method, key, now=now, until=now + _OWN)


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
