"""Files of figures by their address: whoever has it reads them, as their asker would."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from dispatch.domain.errors import Refused
from dispatch.domain.figures.exports import ExportFormat
from dispatch.services import figure_exports
from dispatch.services.action import Services
from dispatch.services.figure_files import csv_pieces, file_pieces, workbook
from dispatch.texts import language_of, render

_MEDIA = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_DEFAULT_LANGUAGE = "zh-CN"


def exports(services: Services) -> Callable[[Request], Awaitable[Response]]:
    """The route of the files."""

    async def send(request: Request) -> Response:
        secret = request.path_params["secret"]
        origin = request.client.host if request.client else ""
        try:
            table = await figure_exports.fetch(services, secret=secret, origin=origin)
        except Refused as refused:
            language = language_of(request.headers.get("accept-language")) or _DEFAULT_LANGUAGE
            message, remedy = render(refused.refusals[0], language)
            return PlainTextResponse(f"{message} {remedy}\n", status_code=404)
        ending = table.format.value.lower()
        if table.format is ExportFormat.CSV:
            pieces = csv_pieces(table)
        else:
            # Packing a workbook takes long: others go on meanwhile.
            pieces = file_pieces(await asyncio.to_thread(workbook, table))
        return StreamingResponse(
            pieces,
            media_type=_MEDIA[table.format],
            headers={
                "Content-Disposition": f'attachment; filename="{table.name}.{ending}"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
            },
        )

    return send
