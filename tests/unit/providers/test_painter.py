"""The embedded painter: real pictures, the same every time, without stopping the event loop."""

import asyncio
import io
import itertools
import subprocess
import sys
from hashlib import sha256
from multiprocessing import active_children
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageChops, ImageStat

from bot.config import Settings
from bot.errors import ProviderDown, ProviderLost, ProviderRejected
from bot.providers import Progress, Setup
from bot.providers._canvas import draw
from bot.providers._canvas._words import BEASTS, read
from bot.providers._easel import Easel
from bot.providers.painter import STEPS, connect
from tests.standins import Shelf

ENDPOINT = "text-to-image"
INPUTS = {"prompt": "a lake", "seed": 3, "width": 256, "height": 256, "count": 1}
SIDE = 256


@pytest.fixture
async def painter_at():
    """Give a function that connects a painter of some pace."""
    async with httpx.AsyncClient() as http:
        yield lambda seconds: connect(
            Setup(Settings(painter_seconds=seconds), http, Shelf().read, Shelf().take)
        )


def _draw(prompt="a lake", negative="", seed=3, width=SIDE, height=SIDE) -> bytes:
    return draw(prompt, negative, seed, width, height, lambda _share: None)


def _picture(*args, **kwargs) -> Image.Image:
    return Image.open(io.BytesIO(_draw(*args, **kwargs))).convert("RGB")


def _difference(first: Image.Image, second: Image.Image) -> float:
    """Measure how far two pictures are apart on average, in 1/255 of a channel."""
    return max(ImageStat.Stat(ImageChops.difference(first, second)).mean)


def _warmth(picture: Image.Image) -> float:
    red, _, blue = ImageStat.Stat(picture).mean
    return red - blue


async def _rest_of(progress) -> list[Progress]:
    return [change async for change in progress]


async def _changes(painter, handle) -> list[Progress]:
    return await _rest_of(painter.follow(handle))


def test_same_arguments_give_the_same_bytes_in_any_process():
    code = (
        "import sys; sys.stdout.write(__import__('hashlib').sha256("
        "__import__('bot.providers._canvas', fromlist=['draw'])"
        ".draw('a red fox at night', 'rain', 3, 256, 256, lambda _: None)).hexdigest())"
    )

    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[3],
            env={"PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }

    assert digests == {sha256(_draw("a red fox at night", "rain")).hexdigest()}


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "a lake at dawn"},
        {"prompt": "zwölf Boxkämpfer"},
        {"negative": "water"},
        {"seed": 4},
    ],
)
def test_every_argument_changes_the_picture_visibly(other):
    changed = _difference(_picture(), _picture(**other))

    assert changed > 5


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a wooden chair", "a golden idea"),
        ("qwertz", "asdf"),
        ("東京の猫", "ночной лес"),
        ("", "…"),
    ],
)
def test_words_it_does_not_know_still_make_different_pictures(first, second):
    assert _difference(_picture(first), _picture(second)) > 5


def test_words_steer_light_and_colour():
    night, day = (
        ImageStat.Stat(_picture(f"the sea at {t}").convert("L")) for t in ("night", "noon")
    )
    ember, ice = (_picture(f"abstract {colour}") for colour in ("red", "blue"))

    assert night.mean[0] < day.mean[0] - 40
    assert _warmth(ember) > _warmth(ice) + 40


def test_thing_in_the_negative_prompt_is_left_out():
    idea = read("foxes and boats by the sea at night", "fox, stars")

    assert idea.things == ("boat", "sea")


def test_coat_is_the_colour_said_before_the_animal():
    blue, red = (_picture(f"a {colour} cat") for colour in ("blue", "red"))
    middle = (96, 140, 160, 220)

    assert _warmth(red.crop(middle)) > _warmth(blue.crop(middle)) + 40


@pytest.mark.parametrize(
    "prompt",
    [
        "a city street in the rain, neon",
        "a cottage and a castle on a hill in autumn",
        "a lighthouse in a thunderstorm with lightning",
        "a boat on the sea under a rainbow",
        "hot air balloons over mountains, oil painting",
        "a desert at dawn",
        "a pine forest in winter, snowfall",
        "wildflowers in a meadow, birds",
        "a planet and stars",
        "a portrait of a woman, watercolour",
        "a bouquet of roses",
        "abstract ribbons",
        "an ink drawing of a mountain village",
        "aurora over a lake",
        *(f"a {beast}" for beast in sorted(BEASTS)),
    ],
)
def test_every_thing_of_the_lexicon_is_a_picture_and_not_a_plain_sheet(prompt):
    stat = ImageStat.Stat(_picture(prompt).convert("L"))

    assert stat.stddev[0] > 8
    assert stat.extrema[0][1] - stat.extrema[0][0] > 80


@pytest.mark.parametrize("size", [(256, 256), (257, 1023), (1536, 640), (256, 2048)])
def test_picture_has_the_size_that_was_asked_for(size):
    width, height = size

    assert _picture(width=width, height=height).size == size


def test_steps_rise_to_one_and_may_stop_the_painting():
    shares: list[float] = []

    def stop_half_way(share: float) -> None:
        if share > 0.5:
            raise InterruptedError

    draw("a lake", "", 3, SIDE, SIDE, shares.append)
    with pytest.raises(InterruptedError):
        draw("a lake", "", 3, SIDE, SIDE, stop_half_way)

    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 3


def test_file_says_that_no_trained_model_made_it():
    info = Image.open(io.BytesIO(_draw())).info

    assert "digitalsourcetype/algorithmicMedia" in info["XML:com.adobe.xmp"]


async def test_pictures_of_a_run_count_their_seeds_up(painter_at):
    painter = painter_at(0)
    handle = await painter.submit(ENDPOINT, {**INPUTS, "count": 3}, key="a")
    await _changes(painter, handle)

    outputs = await painter.fetch(handle)

    assert [(output.seed, output.is_nsfw) for output in outputs] == [
        (3, False),
        (4, False),
        (5, False),
    ]
    assert outputs[1].data == _draw(seed=4)


async def test_progress_comes_in_twenty_steps_a_picture_at_its_pace(painter_at):
    painter = painter_at(1.0)
    handle = await painter.submit(ENDPOINT, INPUTS, key="a")
    loop = asyncio.get_running_loop()
    start = loop.time()

    percents = [change.percent for change in await _changes(painter, handle)]

    assert loop.time() - start > 0.9
    assert set(percents) <= {step * 100 // STEPS for step in range(STEPS + 1)}
    assert len(percents) > 5
    assert percents == sorted(percents)
    assert percents[-1] == 100


async def test_second_run_waits_in_line_and_says_so(painter_at):
    painter = painter_at(0)
    long = {**INPUTS, "width": 1024, "height": 1024, "count": 4}
    first = await painter.submit(ENDPOINT, long, key="a")
    second = await painter.submit(ENDPOINT, INPUTS, key="b")
    leader = painter.follow(first)
    await anext(leader)

    follower = painter.follow(second)
    waiting = await anext(follower)
    await leader.aclose()
    rest = [change async for change in follower]

    assert waiting == Progress(position=1)
    assert rest[-1] == Progress(percent=100)


async def test_runs_are_painted_whole_and_one_after_the_other(painter_at):
    """Picture by picture, the small run would be finished before the large one."""
    painter = painter_at(0)
    finished: list[str] = []

    async def paint(key, count) -> None:
        handle = await painter.submit(ENDPOINT, {**INPUTS, "count": count}, key=key)
        await painter.fetch(handle)
        finished.append(key)

    await asyncio.gather(paint("large", 3), paint("small", 1))

    assert finished == ["large", "small"]


async def test_run_nobody_follows_any_more_leaves_the_easel(painter_at, monkeypatch):
    seeds: list[int] = []
    paint = Easel.paint

    async def noted(easel, endpoint, inputs) -> bytes:
        seeds.append(inputs["seed"])
        return await paint(easel, endpoint, inputs)

    monkeypatch.setattr(Easel, "paint", noted)
    painter = painter_at(0)
    left = await painter.submit(ENDPOINT, {**INPUTS, "count": 4}, key="a")
    wanted = await painter.submit(ENDPOINT, {**INPUTS, "seed": 99}, key="b")
    progress = painter.follow(left)
    while not seeds:
        await anext(progress)

    await progress.aclose()
    await painter.fetch(wanted)

    assert seeds[-1] == 99
    assert len(seeds) < 5


async def test_run_whose_painting_process_is_killed_is_lost_and_may_be_asked_again(painter_at):
    painter = painter_at(0)
    handle = await painter.submit(ENDPOINT, {**INPUTS, "count": 4}, key="a")
    others = set(active_children())
    progress = painter.follow(handle)
    while not (await anext(progress)).percent:
        pass
    [process] = set(active_children()) - others

    process.kill()

    with pytest.raises(ProviderLost):
        await asyncio.wait_for(_rest_of(progress), 60)
    assert (await asyncio.wait_for(_changes(painter, handle), 60))[-1].percent == 100


async def test_cancel_ends_a_run_that_paints_or_waits_and_lets_the_next_one_go_on(painter_at):
    painter = painter_at(600)
    handles = [await painter.submit(ENDPOINT, INPUTS, key=key) for key in "ab"]
    follows = [painter.follow(handle) for handle in handles]
    for progress in follows:
        await anext(progress)

    for handle, progress in zip(handles, follows, strict=True):
        await painter.cancel(handle)
        with pytest.raises(ProviderRejected, match="cancelled"):
            await asyncio.wait_for(anext(progress), 20)

    quick = painter_at(0)
    handle = await quick.submit(ENDPOINT, INPUTS, key="c")
    assert (await asyncio.wait_for(_changes(quick, handle), 20))[-1].percent == 100


async def test_run_of_an_earlier_process_catches_up_with_its_time(painter_at):
    handle = {**await painter_at(600).submit(ENDPOINT, INPUTS, key="a")}
    handle["started_at"] -= 3600

    changes = await asyncio.wait_for(_changes(painter_at(600), handle), 20)

    assert changes[-1].percent == 100


async def test_event_loop_keeps_ticking_while_a_picture_is_painted(painter_at):
    painter = painter_at(0)
    inputs = {**INPUTS, "prompt": "a fox, oil painting", "width": 1024, "height": 1024}
    handle = await painter.submit(ENDPOINT, inputs, key="a")
    loop = asyncio.get_running_loop()
    ticks = [loop.time()]

    async def tick() -> None:
        while True:
            await asyncio.sleep(0.01)
            ticks.append(loop.time())

    ticker = asyncio.create_task(tick())
    await painter.fetch(handle)
    ticker.cancel()

    longest = max(after - before for before, after in itertools.pairwise(ticks))
    assert len(ticks) > 15
    assert longest < (loop.time() - ticks[0]) / 3


async def test_find_takes_the_lost_order_again(painter_at):
    painter = painter_at(0)
    handle = await painter.submit(ENDPOINT, INPUTS, key="a")

    found = await painter.find(ENDPOINT, INPUTS, key="a")

    assert {**found, "started_at": 0} == {**handle, "started_at": 0}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"width": 255}, "width"),
        ({"height": 2049}, "height"),
        ({"width": 512.0}, "width"),
        ({"count": 5}, "count"),
        ({"count": 0}, "count"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
        ({"prompt": ["a"]}, "prompt"),
        ({"image": "x"}, "image"),
    ],
)
async def test_input_it_cannot_paint_is_refused_by_name(painter_at, change, word):
    painter = painter_at(0)

    with pytest.raises(ProviderRejected, match=word):
        await painter.submit(ENDPOINT, {**INPUTS, **change}, key="a")
    with pytest.raises(ProviderDown, match=word):
        await painter.find(ENDPOINT, {**INPUTS, **change}, key="a")


async def test_endpoint_it_does_not_have_is_refused(painter_at):
    with pytest.raises(ProviderRejected, match="text-to-video"):
        await painter_at(0).submit("text-to-video", INPUTS, key="a")
