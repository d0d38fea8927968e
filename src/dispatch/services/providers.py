"""The OpenID Connect client: discovery, authorization code with PKCE, checked id tokens (SEC-6).

OpenID Connect Core 1.0 (sections 3.1 and 2), Discovery 1.0, RFC 7636. Knows no rows.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import structlog
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Role

_log = structlog.get_logger(__name__)

# Signatures by the provider's private key; "none" and shared secrets prove nothing to us.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
_WAIT_S = 10.0
_FRESH_S = 3600.0
_LEEWAY_S = 60
_ANSWER_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Provider:
    """Where people may sign in, as the operator set it.

    `provision` makes an account for who has none, if their claims map to a role; `roles` maps a
    value of the claim `role_claim` to roles as `ROLE@site` (`*`: every site of the organization).
    """

    name: str
    issuer: str
    client_id: str
    organization: str
    client_secret: str | None = field(default=None, repr=False)
    label: str = ""
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    provision: bool = False
    role_claim: str | None = None
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def mapped(self, claims: Mapping[str, Any]) -> frozenset[tuple[Role, str]]:
        """The roles that the claims stand for: (role, code of the site or `*`)."""
        given = claims.get(self.role_claim) if self.role_claim else None
        values = given if isinstance(given, list) else [given]
        named = [name for value in values for name in self.roles.get(str(value), ())]
        return frozenset(role_at(name) for name in named)


def role_at(name: str) -> tuple[Role, str]:
    """`DESK@lake` as role and site code."""
    role, _, site = name.partition("@")
    if not site:
        raise ValueError(f"{name}: must be ROLE@site, or ROLE@* for every site")
    return Role(role), site


@dataclass(frozen=True, slots=True)
class Begun:
    """What a sign-in under way keeps: all but the address stays with us."""

    address: str
    state: str
    nonce: str
    verifier: str


class Providers:
    """The providers of this process, with what they publish about themselves."""

    def __init__(self, providers: tuple[Provider, ...] = ()) -> None:
        self._providers = {each.name: each for each in providers}
        self._published: dict[str, tuple[float, dict[str, Any], KeySet]] = {}
        self._lock = asyncio.Lock()

    @property
    def all(self) -> list[Provider]:
        return list(self._providers.values())

    def find(self, name: str) -> Provider:
        provider = self._providers.get(name)
        if provider is None:
            raise refuse(Code.NOT_FOUND, field="provider", allowed=tuple(self._providers))
        return provider

    async def begin(self, provider: Provider, *, redirect_uri: str) -> Begun:
        """Where to send the person, with a fresh state, nonce and PKCE verifier."""
        if redirect_uri not in provider.redirect_uris:
            raise refuse(Code.BAD_INPUT, field="redirect_uri", allowed=provider.redirect_uris)
        published, _ = await self._publication(provider)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        query = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(provider.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        endpoint = published["authorization_endpoint"]
        joint = "&" if urlsplit(endpoint).query else "?"
        return Begun(f"{endpoint}{joint}{urlencode(query)}", state, nonce, verifier)

    async def claims(
        self, provider: Provider, *, code: str, redirect_uri: str, nonce: str, verifier: str
    ) -> dict[str, Any]:
        """What the provider says of who signed in, once it is proven; else SIGN_IN_FAILED."""
        published, keys = await self._publication(provider)
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": provider.client_id,
            "code_verifier": verifier,
        }
        secret = provider.client_secret
        auth = httpx.BasicAuth(provider.client_id, secret) if secret else None
        answer = await self._ask(
            provider, "POST", published["token_endpoint"], data=sent, auth=auth
        )
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _failed(provider, "no id token")
        try:
            return _checked(token, keys, provider, nonce=nonce)
        except (JoseError, ValueError) as error:
            if not _unknown_key(token, keys):
                raise _failed(provider, str(error)) from error
        # The provider has changed its keys since we looked.
        self._published.pop(provider.name, None)
        _, keys = await self._publication(provider)
        try:
            return _checked(token, keys, provider, nonce=nonce)
        except (JoseError, ValueError) as error:
            raise _failed(provider, str(error)) from error

    async def _publication(self, provider: Provider) -> tuple[dict[str, Any], KeySet]:
        async with self._lock:
            kept = self._published.get(provider.name)
            if kept is None or time.monotonic() - kept[0] > _FRESH_S:
                where = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
                published = await self._ask(provider, "GET", where)
                # Who answers for another issuer could hand out another's people.
                if published.get("issuer") != provider.issuer:
                    raise _failed(provider, "publishes another issuer")
                keys = await self._ask(provider, "GET", published["jwks_uri"])
                kept = time.monotonic(), published, KeySet.import_key_set(keys)  # type: ignore[arg-type]
                self._published[provider.name] = kept
        return kept[1], kept[2]

    async def _ask(
        self, provider: Provider, method: str, address: str, **sent: Any
    ) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=_WAIT_S, follow_redirects=False) as client:
                response = await client.request(method, address, **sent)
            if response.status_code != 200 or len(response.content) > _ANSWER_MOST:
                raise _failed(provider, f"HTTP {response.status_code}")
            answer = response.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _failed(provider, type(error).__name__) from error
        if not isinstance(answer, dict):
            raise _failed(provider, "no JSON object")
        return answer


def _checked(token: str, keys: KeySet, provider: Provider, *, nonce: str) -> dict[str, Any]:
    decoded = jwt.decode(token, keys, algorithms=list(_ALGORITHMS))
    registry = jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_S,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    registry.validate(decoded.claims)
    audience = decoded.claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    party = decoded.claims.get("azp")
    if (several or party is not None) and party != provider.client_id:
        raise ValueError("the token is another client's")
    return dict(decoded.claims)


def _unknown_key(token: str, keys: KeySet) -> bool:
    try:
        kid = extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError):
        return False
    return kid not in {key.kid for key in keys.keys}


def _failed(provider: Provider, why: str) -> Exception:
    _log.warning("sign_in_failed", provider=provider.name, why=why)
    return refuse(Code.SIGN_IN_FAILED, provider=provider.label or provider.name)
