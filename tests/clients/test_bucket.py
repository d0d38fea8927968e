"""Photos in a bucket of a service that speaks S3, which runs as a process of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from dispatch.domain.rights import Role
from dispatch.files import Bucket
from dispatch.services.photo_sweeping import sweep
from dispatch.store.photos import Photo
from tests.api.client import a_client
from tests.api.nouns.test_on_site import call, person
from tests.api.nouns.test_photos import TICKET, asked, code, confirmed, report
from tests.api.photographs import A_PHOTO, a_photo
from tests.clients.node import FOLDER
from tests.domain.test_photos import promise
from tests.factories import a_world

# The account that the service knows.
KEY_ID, KEY = "S3RVER", "S3RVER"


@asynccontextmanager
async def a_bucket(folder: Path) -> AsyncIterator[str]:
    """The address of a fresh bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        "node",
        str(FOLDER / "bucket.js"),
        str(port),
        str(folder),
        KEY_ID,
        KEY,
        "us-east-1",
        stdout=asyncio.subprocess.PIPE,
        # Its libraries warn of their age.
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"ready\n"
        yield f"http://127.0.0.1:{port}/photos"
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_photos_go_to_the_bucket_and_come_from_it(database_url: str, tmp_path: Path) -> None:
    async with (
        a_world(database_url, now=datetime.now(UTC)) as world,
        a_bucket(tmp_path / "bucket") as url,
        a_client(
            world, photo_bucket_url=url, photo_bucket_key_id=KEY_ID, photo_bucket_key=KEY
        ) as client,
    ):
        resident = await person(client, Role.RESIDENT)
        bucket = Bucket(url=url, region="us-east-1", key_id=KEY_ID, key=KEY)
        upload = await asked(resident)
        assert upload["address"].startswith(f"{url}/")
        assert code(await confirmed(resident, upload["reference"]))[0] == "PHOTO_NOT_UPLOADED"
        headers = {each["name"]: each["value"] for each in upload["headers"]}
        async with httpx.AsyncClient() as http:
            # The signature holds length and kind: the bucket takes nothing else.
            for content, kind in ((A_PHOTO + b"more", "image/png"), (A_PHOTO, "text/html")):
                refused = await http.put(
                    upload["address"], content=content, headers={"Content-Type": kind}
                )
                assert refused.status_code == 403, refused.text
            changed = upload["address"].replace("X-Amz-Expires=", "X-Amz-Expires=1")
            assert (await http.put(changed, content=A_PHOTO, headers=headers)).status_code == 403
            for _ in range(2):
                sent = await http.put(upload["address"], content=A_PHOTO, headers=headers)
                assert sent.status_code == 200, sent.text
            photo = (await confirmed(resident, upload["reference"]))["photo"]
            made = await call(
                resident, "ticketCreate", TICKET, **report(world, photos=[photo["reference"]])
            )
            (address,) = made["ticket"]["photos"]
            moved = await client.http.get(address)
            assert moved.status_code == 307
            shown = await http.get(moved.headers["location"])
            assert (shown.content, shown.headers["content-type"]) == (A_PHOTO, "image/png")

            # What has the promised length, but is something else, does not stay.
            page = b"<script>" + b" " * (len(A_PHOTO) - 8)
            upload = await asked(resident)
            assert (await http.put(upload["address"], content=page, headers=headers)).is_success
            assert code(await confirmed(resident, upload["reference"]))[0] == "PHOTO_UNFIT"
            assert code(await confirmed(resident, upload["reference"]))[0] == "PHOTO_NOT_UPLOADED"

            # Nobody names it, and its time is over.
            loose = await asked(resident, a_photo(blue=3))
            sent = await http.put(loose["address"], content=a_photo(blue=3), headers=headers)
            assert sent.is_success
            key = loose["reference"].removeprefix("photo:")
            held = promise(a_photo(blue=3), key=key)
            assert await bucket.check(held, now=world.clock.now)
            over = update(Photo).values(unused_until=world.clock.now)
            async with world.services.store.writing() as session:
                await session.execute(over.where(Photo.used_at.is_(None)))
            assert await sweep(world.services, bucket) == 2
            assert not await bucket.check(held, now=world.clock.now)


def test_addresses_are_signed_as_the_public_example_is() -> None:
    """The example of a presigned address in the documentation of Amazon S3."""
    bucket = Bucket(
        url="https://examplebucket.s3.amazonaws.com",
        region="us-east-1",
        key_id="AKIAIOSFODNN7EXAMPLE",
        key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )
    now = datetime(2013, 5, 24, tzinfo=UTC)
    address = bucket.address("GET", "test.txt", now=now, until=now + timedelta(days=1))
    signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    assert address.endswith(f"&X-Amz-Signature={signature}")
