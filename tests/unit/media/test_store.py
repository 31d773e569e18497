"""The folder of pictures: what is kept, under which name, and for how long."""

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from PIL import Image

from tests.unit.media.files import file, noise


async def test_stored_picture_is_read_back_by_its_hash(media):
    data = file(noise(), "PNG")

    picture = await media.store(data)

    assert picture.sha256 == sha256(data).hexdigest()
    assert (picture.mime, picture.width, picture.height) == ("image/png", 64, 48)
    assert (picture.size_bytes, picture.frames) == (len(data), 1)
    assert await media.read(picture.sha256) == data


async def test_same_bytes_are_one_file_in_two_levels_of_folders(media):
    data = file(noise(), "PNG")

    first, second = await media.store(data), await media.store(data)

    name = first.sha256
    assert first == second
    assert [path for path in media._folder.rglob("*") if path.is_file()] == [
        media._folder / name[:2] / name[2:4] / name
    ]


async def test_file_that_cannot_be_put_in_place_leaves_nothing_behind(media):
    data = file(noise(), "PNG")
    name = sha256(data).hexdigest()
    (media._folder / name[:2] / name[2:4] / name / "in the way").mkdir(parents=True)
    (media._folder / name[:2] / name[2:4] / name).rename(media._folder / "aside")
    (media._folder / name[:2] / name[2:4]).rmdir()
    (media._folder / name[:2] / name[2:4]).write_bytes(b"")

    with pytest.raises(OSError, match=name[2:4]):
        await media.store(data)

    assert list(media._folder.rglob("*.part")) == []


@pytest.mark.parametrize("name", ["0" * 64, "../../secret", "", "A" * 64, "0" * 64 + "\n"])
async def test_picture_that_is_not_kept_cannot_be_read(media, name):
    with pytest.raises(FileNotFoundError):
        await media.read(name)


async def test_sweep_deletes_what_is_old_and_not_kept(media):
    old, kept, fresh, touched = [
        (await media.store(file(Image.new("RGB", (9, 9), c), "PNG"))).sha256
        for c in ("red", "green", "blue", "white")
    ]
    last_month = (datetime.now(UTC) - timedelta(days=31)).timestamp()
    for name in (old, kept, touched):
        os.utime(media._path(name), (last_month, last_month))
    leftover = media._path(old).parent / "crash.part"
    leftover.write_bytes(b"half")
    os.utime(leftover, (last_month, last_month))
    await media.store(file(Image.new("RGB", (9, 9), "white"), "PNG"))

    deleted = await media.sweep({kept}, older_than=datetime.now(UTC) - timedelta(days=30))

    assert deleted == 1
    assert not leftover.exists()
    assert {path.name for path in media._folder.rglob("*") if path.is_file()} == {
        kept,
        fresh,
        touched,
    }
