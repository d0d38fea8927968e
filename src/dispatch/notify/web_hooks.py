"""Web hooks, signed as the Standard Webhooks specification says (NTF-3)."""

import httpx
import orjson

from dispatch.notify.outgoing import NotSent, Outgoing
from dispatch.notify.outside import Outside


class WebHooks:
    """Posts a message as JSON: `type`, `timestamp`, `data`.

    Headers `webhook-id` (the same for every try), `webhook-timestamp`, `webhook-signature`; one
    signature for each secret, while a new one takes the place of another; and `traceparent`, by
    which the receiver goes on with the trace of what the message tells of.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def send(self, outgoing: Outgoing) -> None:
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
        url = str(outgoing.config["url"])
        status = await self._outside.post(url, content=content, headers=headers)
        if not httpx.codes.is_success(status):
            raise NotSent(f"answered {status}", is_final=status == httpx.codes.GONE)


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
