"""Photos: uploaded by signed addresses, named by tickets and orders, seen by who may see these."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dispatch.domain.rights import Role
from dispatch.files import Folder
from dispatch.services import erasures, policies
from dispatch.services.photo_sweeping import sweep
from dispatch.store.photos import Photo
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, a_client, gid
from tests.api.documents import Person
from tests.api.nouns.test_on_site import ERRORS, ask, call, held, person, walk
from tests.api.photographs import A_PHOTO, a_photo, promised
from tests.factories import World

UPLOAD = f"upload {{ reference address method headers {{ name value }} expiresAt }} {ERRORS}"
PHOTO = f"photo {{ reference address kind byteLength receivedAt }} {ERRORS}"
TICKET = f"ticket {{ id photos }} {ERRORS}"


async def asked(who: Person, content: bytes = A_PHOTO, **given: Any) -> dict[str, Any]:
    fields = {"siteId": gid(who.client.world.site), **promised(content), **given}
    payload = await call(who, "photoUpload", UPLOAD, **fields)
    assert payload["userErrors"] == [], payload
    return payload["upload"]


async def put(who: Person, upload: dict[str, Any], content: bytes = A_PHOTO) -> int:
    headers = {each["name"]: each["value"] for each in upload["headers"]}
    sent = await who.client.http.request(
        upload["method"], upload["address"], content=content, headers=headers
    )
    return sent.status_code


async def confirmed(who: Person, reference: str) -> dict[str, Any]:
    return await call(who, "photoConfirm", PHOTO, reference=reference)


async def uploaded(who: Person, content: bytes = A_PHOTO) -> str:
    upload = await asked(who, content)
    assert await put(who, upload, content) == 204
    payload = await confirmed(who, upload["reference"])
    assert payload["userErrors"] == []
    return payload["photo"]["reference"]


def report(world: World, **given: Any) -> dict[str, Any]:
    room = gid(world.rooms[0])
    return {
        "siteId": gid(world.site),
        "kind": "REPAIR",
        "channel": "APP",
        "description": "水龙头漏水",
        "placeId": room,
        **given,
    }


def code(payload: dict[str, Any]) -> tuple[str, list[str]]:
    (error,) = payload["userErrors"]
    assert error["message"]
    assert error["remedy"]
    return error["code"], error["field"]


@pytest.mark.rule("INT-1")
async def test_a_photo_goes_from_the_phone_to_who_may_see_the_ticket(client: Client) -> None:
    resident, desk = await person(client, Role.RESIDENT), await person(client, Role.DESK)
    upload = await asked(resident, idempotencyKey="one")
    again = await asked(resident, idempotencyKey="one")
    assert again["reference"] == upload["reference"]
    early = await call(
        resident, "ticketCreate", TICKET, **report(client.world, photos=[upload["reference"]])
    )
    assert code(early) == ("PHOTO_NOT_UPLOADED", ["input", "photos"])
    assert code(await confirmed(resident, upload["reference"]))[0] == "PHOTO_NOT_UPLOADED"
    # A connection that broke: the same is sent again.
    assert [await put(resident, upload) for _ in range(2)] == [204, 204]
    photo = (await confirmed(resident, upload["reference"]))["photo"]
    assert (photo["kind"], photo["byteLength"]) == ("PNG", len(A_PHOTO))
    assert (await confirmed(resident, upload["reference"]))["photo"] == photo
    elsewhere = "https://photos.example/1"
    made = await call(
        resident,
        "ticketCreate",
        TICKET,
        **report(client.world, photos=[photo["reference"], elsewhere]),
    )
    assert made["userErrors"] == []
    document = "query($id: ID!) { ticket(id: $id) { photos } }"
    answer = await client.gql(document, {"id": made["ticket"]["id"]}, token=desk.token)
    address, other = answer.data["ticket"]["photos"]
    assert other == elsewhere
    shown = await client.http.get(address)
    assert (shown.status_code, shown.content) == (200, A_PHOTO)
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    # Addresses as they were shown may come back: what is kept is what they name.
    payload = await call(
        desk, "ticketUpdate", TICKET, ticketId=made["ticket"]["id"], photos=[address]
    )
    assert payload["userErrors"] == []
    (kept,) = await client.world.rows(Ticket)
    assert kept.photos == [photo["reference"]]


@pytest.mark.rule("EXE-4")
async def test_photos_before_and_after_the_work(client: Client) -> None:
    order, phone = await held(client, public=True)
    await walk(phone, order)
    before, after = await uploaded(phone), await uploaded(phone, a_photo(blue=9))
    record = {"found": "坏", "cause": "旧", "done": "换", "noSignatureReason": "无人"}
    payload = await call(
        phone,
        "workOrderComplete",
        ERRORS,
        workOrderId=gid(order),
        **record,
        photosBefore=[before],
        photosAfter=[after, "https://photos.example/2"],
    )
    assert payload["userErrors"] == []
    desk = await person(client, Role.DESK)
    shown = (await ask(desk, "completion { photosBefore photosAfter }", order))["completion"]
    for address, content in (
        (shown["photosBefore"][0], A_PHOTO),
        (shown["photosAfter"][0], a_photo(blue=9)),
    ):
        assert (await client.http.get(address)).content == content
    assert shown["photosAfter"][1] == "https://photos.example/2"


async def test_a_file_that_was_not_promised_is_not_kept(client: Client) -> None:
    resident = await person(client, Role.RESIDENT)
    for content, fields, what in (
        (b"<html><script>alert(1)</script></html>", {}, "type"),
        (A_PHOTO, {"kind": "JPEG"}, "type"),
        (A_PHOTO, {"sha256": "0" * 64}, "sha256"),
        (A_PHOTO, {"byteLength": 10}, "byteLength"),
        (A_PHOTO, {"byteLength": 10_000}, "byteLength"),
    ):
        upload = await asked(resident, content, **fields)
        answer = await client.http.put(
            upload["address"], content=content, headers={"Accept-Language": "en"}
        )
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (422, "PHOTO_UNFIT")
        assert what in error["message"]
        assert code(await confirmed(resident, upload["reference"]))[0] == "PHOTO_NOT_UPLOADED"


async def test_what_is_too_much_is_refused_when_it_is_asked_for(client: Client) -> None:
    world, resident = client.world, await person(client, Role.RESIDENT)
    document = {"photos": {"bytes_most": 20_000, "unused_most": 2}}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)
    site = {"siteId": gid(world.site)}
    for given, wanted in (
        ({"byteLength": 20_001}, ("OUT_OF_RANGE", ["input", "byteLength"])),
        ({"byteLength": 0}, ("OUT_OF_RANGE", ["input", "byteLength"])),
        ({"sha256": "../../x"}, ("BAD_INPUT", ["input", "sha256"])),
    ):
        fields = {**site, **promised(A_PHOTO), **given}
        assert code(await call(resident, "photoUpload", UPLOAD, **fields)) == wanted
    for _ in range(2):
        await asked(resident)
    many = await call(resident, "photoUpload", UPLOAD, **site, **promised(A_PHOTO))
    assert code(many)[0] == "TOO_MANY_PHOTOS"


@pytest.mark.rule("SEC-2")
async def test_an_address_that_is_old_changed_or_for_something_else_is_refused(
    client: Client,
) -> None:
    world, resident = client.world, await person(client, Role.RESIDENT)
    reference = await uploaded(resident)
    photo = (await confirmed(resident, reference))["photo"]
    upload = await asked(resident)
    key = reference.removeprefix("photo:")
    query = photo["address"].partition("?")[2]
    other = upload["reference"].removeprefix("photo:")
    for method, address in (
        ("GET", f"/photos/{key}"),
        ("GET", photo["address"][:-1] + ("0" if photo["address"][-1] != "0" else "1")),
        ("GET", photo["address"].replace("expires=1", "expires=2")),
        ("GET", f"/photos/{other}?{query}"),
        ("PUT", photo["address"]),
        ("GET", upload["address"]),
        ("GET", f"/photos/..%2f.secret?{query}"),
        ("GET", f"/photos/.secret?{query}"),
    ):
        answer = await client.http.request(method, address, content=A_PHOTO)
        assert answer.status_code in (403, 404), address
        if answer.status_code == 403:
            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == "LINK_EXPIRED"
    (row,) = await world.rows(Photo, Photo.key == other)
    async with a_client(world) as later:
        # Another folder, another secret: nothing made elsewhere holds here.
        assert (await later.http.get(photo["address"])).status_code == 403
    assert row.received_at is None
    # Only its owner says that a photo has come, and a stranger's site has none of it.
    neighbour = Person(client, await client.token((await world.user(Role.RESIDENT))[1]))
    assert code(await confirmed(neighbour, reference))[0] == "NOT_FOUND"
    analyst = await person(client, Role.ANALYST)
    site = {"siteId": gid(world.site)}
    document = (
        "mutation($input: PhotoUploadInput!) { photoUpload(input: $input) { upload { address } } }"
    )
    answer = await client.gql(
        document, {"input": {**site, **promised(A_PHOTO)}}, token=analyst.token
    )
    assert answer.code == "FORBIDDEN"


@pytest.mark.rule("SEC-5")
async def test_what_nobody_used_goes_and_what_is_of_an_erased_person(
    world: World, tmp_path
) -> None:
    async with a_client(world, photo_folder=str(tmp_path)) as client:
        resident = await person(client, Role.RESIDENT)
        kept, loose = await uploaded(resident), await uploaded(resident, a_photo(blue=7))
        made = await call(resident, "ticketCreate", TICKET, **report(world, photos=[kept]))
        (address,) = made["ticket"]["photos"]
        assert (await client.http.get(address)).status_code == 200

        def there() -> set[str]:
            return {f"photo:{each.name}" for each in tmp_path.glob("??/*")}

        folder = Folder(tmp_path)
        assert await sweep(world.services, folder) == 0
        world.clock.forward(days=2)
        assert await sweep(world.services, folder) == 1
        assert there() == {kept}
        assert code(await confirmed(resident, loose))[0] == "NOT_FOUND"
        await call(resident, "ticketCancel", ERRORS, ticketId=made["ticket"]["id"], reason="好了")
        given = {"party_id": world.party.id, "reason": "moved away"}
        await world.do(world.root, erasures.erase, **given)
        assert (await client.http.get(address)).status_code == 404
        assert await sweep(world.services, folder) == 1
        assert there() == set()
        assert await world.rows(Photo) == []


async def test_a_technician_has_a_photo_of_their_own(client: Client) -> None:
    order, phone = await held(client, public=True)
    reference = await uploaded(phone)
    (row,) = await client.world.rows(WorkOrder, WorkOrder.id == order.id)
    me = "query { viewer { technician { id } } }"
    mine = (await client.gql(me, token=phone.token)).data["viewer"]["technician"]["id"]
    payload = await call(
        phone,
        "technicianSetPhoto",
        f"technician {{ photo }} {ERRORS}",
        technicianId=mine,
        photo=reference,
    )
    assert (await client.http.get(payload["technician"]["photo"])).content == A_PHOTO
    assert row.id == order.id


@pytest.mark.rule("EXE-6")
async def test_a_step_told_late_waits_for_its_photo(client: Client) -> None:
    order, phone = await held(client, public=True)
    await walk(phone, order)
    upload = await asked(phone)
    record = {"found": "坏", "cause": "旧", "done": "换", "noSignatureReason": "无人"}
    fields = f"results {{ state code field }} {ERRORS}"

    async def tell(key: str) -> dict[str, Any]:
        step = {
            "workOrderId": gid(order),
            "step": "COMPLETE",
            "key": key,
            "occurredAt": datetime.now(UTC).isoformat(),
            "record": {**record, "photosAfter": [upload["reference"]]},
        }
        payload = await call(phone, "workOrderSteps", fields, steps=[step])
        (result,) = payload["results"]
        return result

    early = await tell("early")
    assert early["code"] == "PHOTO_NOT_UPLOADED", early
    await put(phone, upload)
    assert (await tell("later"))["state"] == "TAKEN"
