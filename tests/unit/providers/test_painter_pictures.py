"""The painter at work on pictures: what it keeps, what it changes, and what it refuses."""

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
from bot.errors import ProviderDown, ProviderRejected
from bot.providers import Setup
from bot.providers._canvas import ENDPOINTS, draw
from bot.providers._canvas._above import sky
from bot.providers._canvas._edit import edit
from bot.providers._canvas._fill import fill
from bot.providers._canvas._picture import ALTERED_AI, opened, png
from bot.providers._canvas._subject import subject
from bot.providers._canvas._upscale import upscale
from bot.providers._canvas._vary import vary
from bot.providers.painter import connect
from tests.standins import Shelf

SIDE = 256
LAKE = draw("a mountain lake at noon", "", 3, SIDE, SIDE)
FOX = draw("a red fox in a meadow, oil painting", "", 5, 320, 320)
GIVEN = {"prompt": "a lake", "negative_prompt": "", "seed": 3, "count": 1}
ASKED = {
    "vary": {**GIVEN, "image": "lake", "strength": 0.5},
    "edit": {"prompt": "make it night", "image": "lake", "seed": 3, "count": 1},
    "fill": {"prompt": "a fox", "image": "lake", "mask": "mask", "seed": 3, "count": 1},
    "upscale": {"image": "lake", "scale": 1.5, "creativity": 0.4},
    "cutout": {"image": "lake"},
}


def _mask(box, size=(SIDE, SIDE)) -> bytes:
    """Ask for what is inside a box to be painted."""
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return _file(mask)


def _file(image, kind="PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


MASK = _mask((96, 64, 223, 223))


def _picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def _shown(data: bytes) -> Image.Image:
    return _picture(data).convert("RGB")


def _difference(first: bytes, second: bytes, box=None) -> float:
    """Measure how far two pictures are apart on average, in 1/255 of a channel."""
    change = ImageChops.difference(_shown(first), _shown(second)).crop(box)
    return max(ImageStat.Stat(change).mean)


def _paint(endpoint, **changes) -> bytes:
    """Paint one picture as the easel does."""
    inputs = {**ASKED[endpoint], **changes}
    inputs.pop("count", None)
    files = {"lake": LAKE, "mask": MASK}
    return ENDPOINTS[endpoint].paint(
        **{name: files.get(value, value) for name, value in inputs.items()}
    )


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
async def painter(shelf):
    async with httpx.AsyncClient() as http:
        yield connect(Setup(Settings(painter_seconds=0), http, shelf.read, shelf.take))


async def _run(painter, shelf, endpoint, **changes):
    """Upload the pictures, paint, and return the outputs."""
    for name, data in (("image", LAKE), ("mask", MASK)):
        if name in ASKED[endpoint]:
            changes.setdefault(name, await painter.upload(shelf.keep(data)))
    handle = await painter.submit(endpoint, {**ASKED[endpoint], **changes}, key="a")
    assert len(json.dumps(handle)) < 1000
    return await painter.fetch(handle)


@pytest.mark.parametrize("endpoint", sorted(ASKED))
async def test_every_endpoint_paints_from_an_uploaded_picture(painter, shelf, endpoint):
    [output] = await _run(painter, shelf, endpoint)

    assert output.data == _paint(endpoint)
    assert output.seed == ASKED[endpoint].get("seed")


@pytest.mark.parametrize("endpoint", ["vary", "edit", "fill"])
async def test_pictures_of_a_run_differ_and_count_their_seeds_up(painter, shelf, endpoint):
    outputs = await _run(painter, shelf, endpoint, count=3)

    assert [output.seed for output in outputs] == [3, 4, 5]
    assert len({output.data for output in outputs}) == 3
    assert outputs[1].data == _paint(endpoint, seed=4)


def test_same_inputs_give_the_same_bytes_in_any_process(tmp_path):
    (tmp_path / "lake").write_bytes(LAKE)
    (tmp_path / "mask").write_bytes(MASK)
    code = (
        "import hashlib, json, pathlib, sys\n"
        "from bot.providers._canvas import ENDPOINTS, PICTURES\n"
        "folder, asked = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])\n"
        "for endpoint, inputs in asked.items():\n"
        "    inputs = {name: (folder / value).read_bytes() if name in PICTURES else value\n"
        "              for name, value in inputs.items() if name != 'count'}\n"
        "    print(hashlib.sha256(ENDPOINTS[endpoint].paint(**inputs)).hexdigest())\n"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), json.dumps(ASKED)],
        cwd=Path(__file__).parents[3],
        env={"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed.split() == [sha256(_paint(endpoint)).hexdigest() for endpoint in ASKED]


@pytest.mark.parametrize("endpoint", ["vary", "edit", "fill", "cutout"])
@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("WEBP", "RGBA"), ("PNG", "L")])
def test_result_is_as_large_as_a_picture_of_any_kind(endpoint, kind, mode):
    image = _shown(LAKE).resize((200, 136)).convert(mode)

    painted = (
        _paint(endpoint, image=_file(image, kind), mask=MASK)
        if endpoint == "fill"
        else (_paint(endpoint, image=_file(image, kind)))
    )

    assert _picture(painted).size == (200, 136)
    assert _picture(painted).format == "PNG"


@pytest.mark.parametrize("data", [b"", b"GIF89a", LAKE[: len(LAKE) // 2]])
def test_file_that_is_no_picture_is_rejected(data):
    with pytest.raises(ProviderRejected, match="cannot be read"):
        _paint("cutout", image=data)


@pytest.mark.parametrize("seed", [3, 4])
def test_stronger_variations_are_further_from_the_picture(seed):
    paint = ENDPOINTS["vary"].paint
    given = {"prompt": "a mountain lake", "negative_prompt": "", "image": LAKE, "seed": seed}

    distances = [
        _difference(LAKE, paint(**given, strength=strength)) for strength in (0, 0.2, 0.5, 1)
    ]

    assert distances == sorted(distances)
    assert distances[0] < 4
    assert distances[-1] > distances[1] + 8


def test_strongest_variation_keeps_the_colours_of_the_picture():
    given = {"prompt": "a boat on the sea", "negative_prompt": "", "strength": 0.8, "seed": 1}
    warm, cold = (
        _file(Image.new("RGB", (SIDE, SIDE), colour)) for colour in ("#a04020", "#2040a0")
    )

    reds, blues = zip(
        *(
            (stat.mean[0], stat.mean[2])
            for stat in (ImageStat.Stat(_shown(vary(**given, image=i))) for i in (warm, cold))
        ),
        strict=True,
    )

    assert reds[0] - blues[0] > reds[1] - blues[1] + 60


@pytest.mark.parametrize(
    ("instruction", "shift"),
    [
        ("make it blue", (-1, 0, 1)),
        ("warmer", (1, 0, -1)),
        ("change it to red", (1, 0, -1)),
        ("sepia, please", (1, 0, -1)),
    ],
)
def test_words_for_colours_colour_the_picture(instruction, shift):
    def leaning(data) -> float:
        means = ImageStat.Stat(_shown(data)).mean
        return sum(mean * share for mean, share in zip(means, shift, strict=True))

    grey = _file(_shown(LAKE).convert("L").convert("RGB"))

    assert leaning(edit(prompt=instruction, image=grey, seed=1)) > leaning(grey) + 12


def test_night_darkens_and_day_lightens():
    night, day = (
        ImageStat.Stat(_shown(edit(prompt=words, image=LAKE, seed=1)).convert("L")).mean[0]
        for words in ("make it night", "at noon")
    )

    assert night + 40 < ImageStat.Stat(_shown(LAKE).convert("L")).mean[0] < day


def test_black_and_white_has_no_colour():
    red, green, blue = _shown(edit(prompt="black & white", image=LAKE, seed=1)).split()

    assert red.tobytes() == green.tobytes() == blue.tobytes()


@pytest.mark.parametrize(
    "instruction",
    [
        "snow",
        "in autumn",
        "let it rain",
        "foggy",
        "a pencil sketch",
        "as a watercolour",
        "oil painting",
        "a pop art poster",
        "comic",
        "pixel art",
        "blurred",
        "vintage photo",
        "ink",
        "mirrored",
        "upside down",
        "inverted",
        "sharper",
        "brighter",
        "more contrast",
        "vivid",
        "muted",
        "cooler",
        "put a frame around it",
        "dreamy",
        "sunset with clouds",
        "a storm with lightning",
        "neon",
        "add a rainbow and a planet",
        "add mountains and a city",
        "add a cat, a castle and a tree",
        "add flowers and a woman",
        "put it in a forest by the sea",
        "put it in a desert, with hills and a meadow",
        "make the sky purple",
        "replace the sky by an aurora",
        "make the background green",
        "remove the lake",
        "qwertz",
        "湖を夜に",
        "",
    ],
)
def test_every_instruction_changes_the_picture_visibly(instruction):
    changed = edit(prompt=instruction, image=FOX, seed=2)

    assert _picture(changed).size == (320, 320)
    assert _difference(FOX, changed) > 1.5


def test_instruction_that_is_true_already_still_changes_the_picture():
    blue = edit(prompt="make it blue", image=LAKE, seed=1)
    bluest = edit(prompt="make it blue", image=blue, seed=1)

    assert _difference(bluest, edit(prompt="make it blue", image=bluest, seed=1)) > 1.5


def test_figure_is_added_where_it_is_named_and_not_painted_over_what_is_meant():
    added = edit(prompt="add a cat", image=LAKE, seed=1)
    meant = edit(prompt="make the fox blue", image=FOX, seed=1)

    upper = (0, 0, SIDE, SIDE // 3)
    assert _difference(LAKE, added, upper) == 0
    assert _difference(LAKE, added) > 3
    assert _difference(FOX, meant, (0, 0, 60, 320)) == 0
    assert _difference(FOX, meant, (270, 0, 320, 320)) < 3
    assert _difference(FOX, meant, (110, 120, 210, 300)) > 25


def test_sky_is_changed_without_the_ground():
    purple = edit(prompt="make the sky purple", image=LAKE, seed=1)

    assert _difference(LAKE, purple, (0, 0, SIDE, 60)) > 10
    assert _difference(LAKE, purple, (0, 200, SIDE, SIDE)) == 0


def test_what_is_black_in_the_mask_stays_as_it_is_to_the_byte():
    painted = _picture(_paint("fill"))
    kept = _shown(MASK).convert("L").point([255] + [0] * 255)

    blank = Image.new("RGB", painted.size)
    assert Image.composite(painted, blank, kept).tobytes() == (
        Image.composite(_shown(LAKE), blank, kept).tobytes()
    )


def test_hole_is_filled_with_what_is_around_it():
    """A red disc on a coarse cloth is gone, and the cloth is not blurred there."""
    cloth = Image.effect_noise((SIDE, SIDE), 60).point([64] * 128 + [192] * 128)
    marked = cloth.convert("RGB")
    ImageDraw.Draw(marked).ellipse((100, 100, 160, 160), fill="red")

    filled = _shown(fill(prompt="", image=_file(marked), mask=_mask((92, 92, 168, 168)), seed=1))

    hole = ImageStat.Stat(filled.crop((110, 110, 150, 150)))
    assert max(hole.mean) - min(hole.mean) < 12
    assert hole.stddev[0] > 0.7 * ImageStat.Stat(cloth).stddev[0]


def test_words_put_a_thing_into_the_hole():
    """The hole is over dark blue; nothing around it could be continued as a white rabbit."""
    night = _file(Image.new("RGB", (SIDE, SIDE), "#102040"))

    plain, rabbit = (
        ImageStat.Stat(
            _shown(fill(prompt=p, image=night, mask=MASK, seed=1)).crop((96, 64, 224, 224))
        )
        for p in ("", "a white rabbit")
    )

    assert rabbit.mean[0] > plain.mean[0] + 20


def test_border_goes_on_like_the_picture():
    """The picture lies in the left half; its sky and its ground go on to the right."""
    wide = Image.new("RGB", (2 * SIDE, SIDE), "magenta")
    wide.paste(_shown(LAKE), (0, 0))
    mask = _mask((SIDE, 0, 2 * SIDE, SIDE), wide.size)

    panned = _shown(fill(prompt="a fox", image=_file(wide), mask=mask, seed=1))

    for top in (0, 3 * SIDE // 4):
        inside, beside = (
            ImageStat.Stat(panned.crop((left, top, left + 60, top + 60))).mean
            for left in (SIDE - 60, SIDE + 30)
        )
        assert max(abs(a - b) for a, b in zip(inside, beside, strict=True)) < 30


@pytest.mark.parametrize("kept", [1, 3, 20])
def test_picture_of_which_next_to_nothing_is_kept_is_continued_all_the_same(kept):
    mask = _mask((kept, 0, SIDE, SIDE))

    painted = fill(prompt="", image=LAKE, mask=mask, seed=1)

    assert _difference(LAKE, painted, (0, 0, kept, SIDE)) == 0
    assert _difference(LAKE, painted) > 5


def test_mask_of_one_colour_changes_all_or_nothing():
    black, white = (_file(Image.new("L", (SIDE, SIDE), grey)) for grey in (0, 255))

    assert _difference(LAKE, fill(prompt="a fox", image=LAKE, mask=black, seed=1)) == 0
    assert _difference(LAKE, fill(prompt="a fox", image=LAKE, mask=white, seed=1)) > 10


@pytest.mark.parametrize(("scale", "size"), [(1, (256, 256)), (1.5, (384, 384)), (4, (1024, 1024))])
def test_enlarged_picture_has_the_size_and_the_look(scale, size):
    enlarged = upscale(image=LAKE, scale=scale, creativity=0.0)

    assert _picture(enlarged).size == size
    assert _difference(LAKE, _file(_shown(enlarged).resize((SIDE, SIDE)))) < 4


def test_creativity_adds_detail():
    plain, lively = (upscale(image=LAKE, scale=2.0, creativity=c) for c in (0.0, 1.0))

    assert 1 < _difference(plain, lively) < 20


def test_picture_that_would_become_too_large_is_rejected_in_plain_words():
    wide = _file(Image.new("RGB", (2000, 1000)))

    with pytest.raises(ProviderRejected, match=r"6000 × 3000 pixels, which is too large"):
        upscale(image=wide, scale=3.0, creativity=0.0)


def test_long_picture_is_enlarged_as_long_as_its_pixels_fit():
    long = _file(Image.new("RGB", (1400, 64)))

    with Image.open(io.BytesIO(upscale(image=long, scale=3.0, creativity=0.0))) as enlarged:
        assert enlarged.size == (4200, 192)


async def test_rejection_comes_through_to_whoever_follows_and_the_next_run_is_painted(
    painter, shelf
):
    wide = shelf.keep(_file(Image.new("RGB", (2000, 1000))))

    with pytest.raises(ProviderRejected, match="too large"):
        await _run(painter, shelf, "upscale", image=wide, scale=3)

    assert await _run(painter, shelf, "cutout")


def test_what_stands_before_its_ground_is_cut_out():
    ground = Image.new("RGB", (SIDE, SIDE), "#80a0c0")
    ImageDraw.Draw(ground).ellipse((78, 78, 178, 178), fill="#c03020")

    alpha = _picture(_paint("cutout", image=_file(ground))).getchannel("A")

    assert alpha.getpixel((128, 128)) == 255
    assert alpha.getpixel((10, 10)) == alpha.getpixel((245, 128)) == 0
    assert 0.8 < ImageStat.Stat(alpha).mean[0] / 255 / (3.1416 * 50**2 / SIDE**2) < 1.2


def test_painted_fox_is_cut_out_of_its_meadow():
    found = subject(_shown(FOX))

    assert found
    assert found.crop((150, 150, 170, 250)).getextrema()[0] > 200
    assert found.crop((0, 0, 60, 320)).getextrema() == (0, 0)


@pytest.mark.parametrize("colour", ["white", "#204060"])
def test_picture_without_anything_to_remove_stays_opaque(colour):
    cut = _picture(_paint("cutout", image=_file(Image.new("RGB", (SIDE, SIDE), colour))))

    assert cut.mode == "RGBA"
    assert cut.getchannel("A").getextrema() == (255, 255)


def test_transparent_picture_stays_transparent_where_it_was():
    sticker = _shown(LAKE)
    sticker.putalpha(_picture(MASK))
    data = _file(sticker)

    cut, larger, filled = (
        _picture(painted).getchannel("A").getpixel((10, 10))
        for painted in (
            _paint("cutout", image=data),
            _paint("upscale", image=data),
            _paint("fill", image=data),
        )
    )

    assert (cut, larger, filled) == (0, 0, 0)


def test_sky_ends_where_the_land_begins():
    above = sky(_shown(FOX))

    assert above.crop((0, 0, 320, 40)).getextrema()[0] > 200
    assert above.crop((0, 240, 320, 320)).getextrema() == (0, 0)


def test_file_says_that_it_was_altered_and_whether_a_model_made_what_it_was_made_from():
    drawn, trained = _paint("vary"), png(_shown(LAKE), "trainedAlgorithmicMedia")

    again = _paint("upscale", image=_paint("edit", image=trained))

    assert "digitalsourcetype/algorithmicallyEnhanced" in _picture(drawn).info["XML:com.adobe.xmp"]
    assert f"digitalsourcetype/{ALTERED_AI}" in _picture(again).info["XML:com.adobe.xmp"]
    assert opened(again).origin == ALTERED_AI


async def test_upload_of_a_picture_that_is_not_kept_says_so(painter):
    with pytest.raises(FileNotFoundError):
        await painter.upload("0" * 64)


async def test_run_whose_picture_is_gone_is_rejected_in_plain_words(painter):
    handle = await painter.submit("cutout", {"image": "0" * 64}, key="a")

    with pytest.raises(ProviderRejected, match="not kept any more"):
        [change async for change in painter.follow(handle)]
    with pytest.raises(ProviderRejected, match="not kept any more"):
        await painter.fetch(handle)


@pytest.mark.parametrize(
    ("endpoint", "change", "word"),
    [
        ("vary", {"strength": 1.01}, "strength"),
        ("vary", {"strength": None}, "strength"),
        ("vary", {"strength": "strong"}, "strength"),
        ("vary", {"strength": float("nan")}, "strength"),
        ("vary", {"width": 512}, "width"),
        ("edit", {"image": None}, "image"),
        ("edit", {"image": 7}, "image"),
        ("edit", {"prompt": 7}, "prompt"),
        ("edit", {"count": 9}, "count"),
        ("fill", {"mask": ""}, "mask"),
        ("fill", {"seed": 0.5}, "seed"),
        ("upscale", {"scale": 0.5}, "scale"),
        ("upscale", {"scale": None}, "scale"),
        ("upscale", {"creativity": 2}, "creativity"),
        ("upscale", {"seed": 1}, "seed"),
        ("cutout", {"prompt": "a fox"}, "prompt"),
    ],
)
async def test_input_it_cannot_work_from_is_refused_by_name(painter, endpoint, change, word):
    inputs = {**ASKED[endpoint], **change}

    with pytest.raises(ProviderRejected, match=word):
        await painter.submit(endpoint, inputs, key="a")
    with pytest.raises(ProviderDown, match=word):
        await painter.find(endpoint, inputs, key="a")


async def test_creativity_that_is_not_given_is_none_at_all(painter, shelf):
    [output] = await _run(painter, shelf, "upscale", creativity=None)

    assert output.data == _paint("upscale", creativity=0.0)
