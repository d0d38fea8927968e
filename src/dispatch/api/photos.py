"""Photos by their signed addresses: sent with PUT, read with GET; no token, no cookie."""

from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from dispatch.api.responses import refusal_response
from dispatch.domain.errors import Code, Refused, refuse
from dispatch.files import Folder, PhotoFiles
from dispatch.services import photos
from dispatch.services.action import Services
from dispatch.texts import language_of

_DEFAULT_LANGUAGE = "zh-CN"
_STATUS = {Code.LINK_EXPIRED: 403, Code.NOT_FOUND: 404, Code.PHOTO_UNFIT: 422, Code.BUSY: 503}
# A picture is a picture: nothing within it runs, whatever a browser makes of it.
_HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
}


def photo_route(services: Services, own: PhotoFiles) -> Callable[[Request], Awaitable[Response]]:
    """The route of the files."""

    async def answer(request: Request) -> Response:
        try:
            if request.method == "PUT":
                return await _take(request, services, own)
            return await _show(request, services, own)
        except Refused as refused:
            language = language_of(request.headers.get("accept-language")) or _DEFAULT_LANGUAGE
            refusal = refused.refusals[0]
            status = _STATUS.get(refusal.code, 400)
            return refusal_response(request, refusal, language=language, status=status)

    return answer


async def _take(request: Request, services: Services, own: PhotoFiles) -> Response:
    key = _signed(request, services, own, method="PUT")
    if not isinstance(own.files, Folder):
        raise refuse(Code.NOT_FOUND, id=key)
    try:
        await photos.take_in(
            services, own.files, key=key, pieces=request.stream(), origin=_origin(request)
        )
    except ClientDisconnect as error:
        raise refuse(Code.BAD_INPUT, detail="the body ends early") from error
    return Response(status_code=204)


async def _show(request: Request, services: Services, own: PhotoFiles) -> Response:
    key = _signed(request, services, own, method="GET")
    photo = await photos.readable(services, key=key, origin=_origin(request))
    found = own.files.found(key, now=services.clock())
    if isinstance(found, str):
        return RedirectResponse(found, status_code=307, headers={"Cache-Control": "no-store"})
    if not found.is_file():
        raise refuse(Code.NOT_FOUND, id=key)
    return FileResponse(
        found,
        media_type=photo.kind.media_type,
        headers={**_HARMLESS, "Cache-Control": f"private, max-age={own.addresses.lasts_s}"},
    )


def _signed(request: Request, services: Services, own: PhotoFiles, *, method: str) -> str:
    key = request.path_params["key"]
    ends_at = own.addresses.ends_at(method, key, dict(request.query_params))
    if ends_at is None or ends_at <= services.clock():
        raise refuse(Code.LINK_EXPIRED)
    return key


def _origin(request: Request) -> str:
    return request.client.host if request.client else ""
