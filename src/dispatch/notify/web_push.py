"""Web push: to a person's browsers, sealed so that no push service can read it.

The message is encrypted as RFC 8291 says (`aes128gcm` of RFC 8188, one record) and signed as RFC
8292 says (VAPID); RFC 8030 is how it is handed over.
"""

import os
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from dispatch.domain.opaque import pack, unpack
from dispatch.notify.outgoing import NotSent, Outgoing
from dispatch.notify.outside import Outside

_CURVE = ec.SECP256R1()
_RECORD = 4096
# A push service need not take more than 4,096 bytes; header, tag and delimiter are among them.
_BODY_MOST = 700
# RFC 8292 allows a day at most.
_SIGNED_FOR = timedelta(hours=12)
_USELESS = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class WebPush:
    """Hands a message over to the push service of the reader's browser.

    `config` holds the channel's `contact` and `keep_s`, the company's `private` key, and the
    browser's `endpoint`, `p256dh` and `auth`. The browser gets JSON: `id`, `kind`, `title`, `body`,
    `ticket`, `workOrder`. A browser that is not known there any more is a final failure.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def send(self, outgoing: Outgoing) -> None:
        """Raises `NotSent`."""
        config = outgoing.config
        endpoint = config.get("endpoint")
        if not endpoint:
            raise NotSent("the browser does not want it any more", is_final=True)
        content = seal(
            orjson.dumps(
                {
                    "id": outgoing.id,
                    "kind": outgoing.kind,
                    "title": outgoing.subject,
                    "body": outgoing.body[:_BODY_MOST],
                    "ticket": outgoing.data.get("ticket"),
                    "workOrder": outgoing.data.get("work_order"),
                }
            ),
            p256dh=unpack(config["p256dh"]),
            auth=unpack(config["auth"]),
        )
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(config["keep_s"]),
            "Urgency": "high",
            "Authorization": _signed(outgoing, str(endpoint)),
        }
        status = await self._outside.post(str(endpoint), content=content, headers=headers)
        if not httpx.codes.is_success(status):
            raise NotSent(f"answered {status}", is_final=status in _USELESS)


def new_key() -> str:
    """A private key for a company, base64url."""
    number = ec.generate_private_key(_CURVE).private_numbers().private_value
    return pack(number.to_bytes(32, "big"))


def public_key(private: str) -> str:
    """What browsers are told as `applicationServerKey`, base64url."""
    return pack(_point(_private_key(private)))


def is_point(raw: bytes) -> bool:
    """Whether it is a public key of P-256, uncompressed."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, raw)
    except ValueError:
        return False
    return True


def seal(
    text: bytes,
    *,
    p256dh: bytes,
    auth: bytes,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The text for one browser (RFC 8291, section 3); `sender` and `salt` are new each time."""
    sender = sender or ec.generate_private_key(_CURVE)
    salt = salt or os.urandom(16)
    browser = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, p256dh)
    shared = sender.exchange(ec.ECDH(), browser)
    point = _point(sender)
    secret = _derived(shared, salt=auth, info=b"WebPush: info\0" + p256dh + point, length=32)
    key = _derived(secret, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derived(secret, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    # The delimiter of the last record (RFC 8188, section 2).
    record = AESGCM(key).encrypt(nonce, text + b"\x02", None)
    return salt + _RECORD.to_bytes(4, "big") + bytes([len(point)]) + point + record


def _signed(outgoing: Outgoing, endpoint: str) -> str:
    private = _private_key(str(outgoing.config["private"]))
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((outgoing.at + _SIGNED_FOR).timestamp()),
        "sub": outgoing.config["contact"],
    }
    token = jwt.encode({"alg": "ES256"}, claims, ECKey.import_key(private))
    return f"vapid t={token}, k={pack(_point(private))}"


def _private_key(private: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unpack(private), "big"), _CURVE)


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
