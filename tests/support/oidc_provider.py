"""An OpenID Connect provider as a process of its own, which demands PKCE; started with a port.

The provider is `oidc-provider-mock`; it does not look at PKCE, so its own library's extension for
that is put in front of it here.
"""

import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")

import uvicorn  # noqa: E402
from authlib.oauth2.rfc7636 import CodeChallenge  # noqa: E402
from oidc_provider_mock import _app as provider  # noqa: E402

_CHALLENGES: dict[str, tuple[str | None, str | None]] = {}


class _Demanded(CodeChallenge):
    def get_authorization_code_challenge(self, authorization_code: Any) -> str | None:
        return _CHALLENGES[authorization_code.code][0]

    def get_authorization_code_challenge_method(self, authorization_code: Any) -> str | None:
        return _CHALLENGES[authorization_code.code][1]


class _Grant(provider.AuthorizationCodeGrant):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _Demanded(required=True)(self)

    def save_authorization_code(self, code: str, request: Any) -> None:
        data = request.payload.data
        _CHALLENGES[code] = (data.get("code_challenge"), data.get("code_challenge_method"))
        super().save_authorization_code(code, request)


if __name__ == "__main__":
    provider.AuthorizationCodeGrant = _Grant  # type: ignore[misc]
    app: Any = provider.app(require_nonce=True)
    uvicorn.run(app, interface="wsgi", port=int(sys.argv[1]), log_level="warning")
