"""The painter makes one picture of several: each stays itself, and together they are one."""

import io
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from bot.config import Settings
from bot.errors import ProviderRejected
from bot.providers import Setup
from bot.providers._canvas import draw
from bot.providers._canvas._blend import blend
from bot.providers._canvas._picture import ALTERED_AI, png
from bot.providers.painter import connect
from tests.standins import Shelf

SIDE = 256
LAKE = draw("a mountain lake at noon", "", 3, SIDE, SIDE)
SEA = draw("the sea at sunset", "", 3, 320, SIDE)
GIVEN = {"prompt": "", "seed": 3, "width": SIDE, "height": SIDE}


def _file(image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _plain(colour) -> bytes:
    return _file(Image.new("RGB", (300, 200), colour))


RED, BLUE = _plain("#c02020"), _plain("#2030c0")


def _shown(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def _blended(images, **changes) -> Image.Image:
    return _shown(blend(**{**GIVEN, **changes}, images=images))


def _light(picture: Image.Image) -> float:
    return ImageStat.Stat(picture.convert("L")).mean[0]


def _where(picture, *, more, less, least=40) -> Image.Image:
    """Mark the dots that have clearly more of one channel than of another."""
    bands = dict(zip("RGB", picture.split(), strict=True))
    return ImageChops.subtract(bands[more], bands[less]).point([0] * least + [255] * (256 - least))


def _share(mask: Image.Image) -> float:
    return ImageStat.Stat(mask).mean[0] / 255


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
async def painter(shelf):
    async with httpx.AsyncClient() as http:
        yield connect(Setup(Settings(painter_seconds=0), http, shelf.read, shelf.take))


async def test_uploaded_pictures_are_blended_and_the_progress_is_told(painter, shelf):
    hashes = [await painter.upload(shelf.keep(data)) for data in (LAKE, SEA, LAKE, RED, BLUE)]
    handle = await painter.submit("blend", {**GIVEN, "images": hashes}, key="a")
    assert len(json.dumps(handle)) < 1000

    percents = [change.percent async for change in painter.follow(handle)]
    [output] = await painter.fetch(handle)

    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert output.seed == 3
    assert output.text is None
    assert output.data == blend(**GIVEN, images=[LAKE, SEA, LAKE, RED, BLUE])


def test_same_inputs_give_the_same_bytes_in_any_process(tmp_path):
    (tmp_path / "lake").write_bytes(LAKE)
    (tmp_path / "sea").write_bytes(SEA)
    code = (
        "import hashlib, json, pathlib, sys\n"
        "from bot.providers._canvas import ENDPOINTS\n"
        "folder, given = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])\n"
        "images = [(folder / name).read_bytes() for name in ('lake', 'sea')]\n"
        "made = ENDPOINTS['blend'].paint(**given, images=images)\n"
        "print(hashlib.sha256(made).hexdigest())\n"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), json.dumps(GIVEN)],
        cwd=Path(__file__).parents[3],
        env={"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed.strip() == sha256(blend(**GIVEN, images=[LAKE, SEA])).hexdigest()


@pytest.mark.parametrize("size", [(256, 256), (257, 700), (700, 257)])
@pytest.mark.parametrize("seed", [1, 2])
def test_pictures_lie_side_by_side_in_equal_parts_and_are_not_averaged(size, seed):
    width, height = size

    blended = _blended([RED, BLUE], width=width, height=height, seed=seed)

    assert blended.size == size
    red, blue = _where(blended, more="R", less="B"), _where(blended, more="B", less="R")
    assert 0.3 < _share(red) < 0.6
    assert 0.3 < _share(blue) < 0.6


def test_each_of_five_pictures_is_to_be_seen():
    colours = ("#d02020", "#20c020", "#2020d0", "#e0e0e0", "#101010")

    blended = _blended([_plain(colour) for colour in colours], width=640, height=256)

    shares = [
        _share(_where(blended, more=more, less=less))
        for more, less in (("R", "B"), ("G", "R"), ("B", "R"))
    ]
    grey = blended.convert("L").histogram()
    assert min(shares) > 0.1
    assert sum(grey[130:]) / sum(grey) > 0.1
    assert sum(grey[:62]) / sum(grey) > 0.1


def test_colours_of_the_pictures_come_closer_together():
    """Two greys, one dark and one light, are both still there and less far apart than before."""
    levels = _blended([_plain("#202020"), _plain("#e0e0e0")]).convert("L").histogram()

    dark, light = (
        max(span, key=lambda level: levels[level]) for span in (range(128), range(128, 256))
    )

    assert 50 < light - dark < 0xE0 - 0x20 - 30


@pytest.mark.parametrize("change", [{"seed": 4}, {"prompt": "zwölf Boxkämpfer"}])
def test_seed_and_words_change_the_arrangement(change):
    difference = ImageChops.difference(_blended([LAKE, SEA]), _blended([LAKE, SEA], **change))

    assert max(ImageStat.Stat(difference).mean) > 5


def _on_nothing(colour) -> bytes:
    """Draw something tall that stands on the lower edge, on a transparent ground."""
    figure = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(figure).rectangle((70, 40, 130, 199), fill=colour)
    return _file(figure)


@pytest.mark.parametrize("images", [(_on_nothing("red"), BLUE), (BLUE, _on_nothing("red"))])
def test_what_was_cut_out_stands_whole_before_the_other_picture(images):
    blended = _blended(images)

    figure = _where(blended, more="R", less="B")
    left, top, right, bottom = figure.getbbox()
    assert bottom == SIDE
    assert 0.5 * SIDE < bottom - top < 0.85 * SIDE
    assert _share(figure.crop((left, top, right, bottom))) > 0.85
    assert _share(_where(blended, more="B", less="R")) > 0.5


def test_figure_that_was_painted_is_put_into_the_other_picture():
    """The bear's own ground is white; nothing of it comes along."""
    bear = draw("a brown bear in the snow", "", 1, 320, 320)

    alone, blended = _blended([BLUE, BLUE]), _blended([bear, BLUE])

    change = ImageChops.difference(alone, blended).getchannel("B")
    changed = change.point([0] * 60 + [255] * 196)
    left, _, right, bottom = changed.getbbox()
    assert bottom > 0.9 * SIDE
    assert right - left < 0.9 * SIDE
    assert 0.1 < _share(changed) < 0.6


def test_picture_with_round_corners_is_no_figure():
    """It shares the canvas with the other one instead of standing before it."""
    card = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(card).rounded_rectangle((0, 0, 199, 199), 20, fill="#c02020")

    red = _where(_blended([_file(card), BLUE]), more="R", less="B")

    assert 0.3 < _share(red) < 0.6


@pytest.mark.parametrize("size", [(1, 1), (900, 1), (2, 900)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_picture_of_any_shape_can_be_blended(size, mode):
    """An RGBA picture is transparent all over here: there is nothing in it."""
    image = _file(Image.new(mode, size))

    assert _blended([image, BLUE]).size == (SIDE, SIDE)


def test_several_figures_without_a_ground_share_a_hazy_one():
    blended = _blended([_on_nothing("red"), _on_nothing("lime")], width=400)

    red, green = (
        _where(blended, more=one, less=other, least=180).getbbox() for one, other in ("RG", "GR")
    )
    assert min(red[2], green[2]) <= max(red[0], green[0])
    assert _light(blended.crop((0, 0, 400, 40))) > 150


def test_words_set_light_and_colour():
    night, day = (_light(_blended([LAKE, SEA], prompt=f"at {time}")) for time in ("night", "noon"))
    ember, ice = (
        ImageStat.Stat(_blended([LAKE, SEA], prompt=colour)).mean for colour in ("red", "blue")
    )

    assert night + 30 < day
    assert ember[0] - ember[2] > ice[0] - ice[2] + 40


def test_style_that_is_asked_for_covers_everything():
    """A watercolour leaves the paper bare all around."""
    paper = _blended([RED, BLUE], prompt="a watercolour")

    corners = [paper.getpixel((x, y)) for x in (3, SIDE - 4) for y in (3, SIDE - 4)]
    assert min(min(corner) for corner in corners) > 150


def test_file_says_when_one_of_the_pictures_was_made_by_a_trained_model():
    images = [LAKE, png(_shown(LAKE), ALTERED_AI)]

    kinds = [
        Image.open(io.BytesIO(blend(**GIVEN, images=each))).info["XML:com.adobe.xmp"]
        for each in ([LAKE, LAKE], images)
    ]

    assert "digitalsourcetype/algorithmicallyEnhanced" in kinds[0]
    assert f"digitalsourcetype/{ALTERED_AI}" in kinds[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": ["a"]}, "images must be a list of 2 to 5"),
        ({"images": ["a"] * 6}, "images must be a list of 2 to 5"),
        ({"images": "ab"}, "images must be a list"),
        ({"images": None}, "images must be a list"),
        ({"images": ["a", 7]}, "images is not a picture"),
        ({"width": 100}, "width"),
        ({"image": "a"}, "takes no image"),
    ],
)
async def test_input_it_cannot_blend_is_refused_by_name(painter, change, words):
    inputs = {**GIVEN, "images": ["a", "b"], **change}

    with pytest.raises(ProviderRejected, match=words):
        await painter.submit("blend", inputs, key="a")


async def test_picture_that_is_gone_or_unreadable_ends_the_run(painter, shelf):
    kept, broken = shelf.keep(LAKE), shelf.keep(b"GIF89a")
    gone = await painter.submit("blend", {**GIVEN, "images": [kept, "0" * 64]}, key="a")
    unread = await painter.submit("blend", {**GIVEN, "images": [kept, broken]}, key="b")

    with pytest.raises(ProviderRejected, match="not kept any more"):
        await painter.fetch(gone)
    with pytest.raises(ProviderRejected, match="cannot be read"):
        await painter.fetch(unread)
