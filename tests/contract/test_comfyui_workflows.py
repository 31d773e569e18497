"""The workflow templates: those we ship, the owner's own, and what is refused at the start."""

import io
import json
import math

import pytest
from PIL import Image
from structlog.testing import capture_logs

from bot.config import StartError
from bot.errors import ProviderRejected
from bot.providers._comfy_workflows import load_workflows
from tests.standins.comfyui_shop import all_the_way, buy, open_shop, size_of

GRAPH = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "old", "clip": ["1", 1]}},
    "3": {"class_type": "KSampler", "inputs": {"seed": 1, "cfg": 7.0, "tiled": False}},
    "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
}
SHEET = """
output = "4"
required = ["prompt"]

[inputs]
prompt = "2.text"
seed = "3.seed"
guidance = "3.cfg"
tiled = "3.tiled"
"""
LARGEST_SEED = 2**64 - 1


@pytest.fixture
def logged():
    with capture_logs() as entries:
        yield entries


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


@pytest.fixture
def write(tmp_path):
    """Write a template of the owner's; give the folder."""

    def write(graph=GRAPH, sheet=SHEET, name="mine"):
        text = graph if isinstance(graph, str) else json.dumps(graph)
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
        (tmp_path / f"{name}.toml").write_text(sheet, encoding="utf-8")
        return tmp_path

    return write


def _png(width: int, height: int) -> bytes:
    png = io.BytesIO()
    Image.new("RGB", (width, height)).save(png, "PNG")
    return png.getvalue()


WORDS = {"prompt": 'a "fox"\n{{seed}} in \\ the snow', "seed": LARGEST_SEED, "steps": 4, "count": 2}
SIZE = {"width": 64, "height": 80}


@pytest.mark.parametrize(
    ("endpoint", "inputs", "sizes"),
    [
        ("flux-schnell", {**WORDS, **SIZE}, [(64, 80)] * 2),
        ("flux-dev", {**WORDS, **SIZE, "guidance": 3}, [(64, 80)] * 2),
        ("flux-dev-image", {**WORDS, "guidance": 2.5, "strength": 0.7}, [(48, 32)] * 2),
        ("sdxl", {**WORDS, **SIZE, "guidance": 6, "negative_prompt": "cats"}, [(64, 80)] * 2),
        ("upscale-esrgan", {"scale": 2.0}, [(96, 64)]),
    ],
)
async def test_shipped_workflow_is_taken_and_gives_its_pictures(shop, endpoint, inputs, sizes):
    """The stand-in checks types, limits and links as ComfyUI's own nodes do."""
    provider = shop.connect()
    if not inputs.keys() & SIZE.keys():
        inputs = {**inputs, "image": await provider.upload(shop.shelf.keep(_png(48, 32)))}

    outputs = await all_the_way(provider, await buy(shop, provider, endpoint=endpoint, **inputs))

    assert [size_of(output) for output in outputs] == sizes
    sent = [
        value
        for node in shop.order()["prompt"].values()
        for value in node["inputs"].values()
        if not isinstance(value, list)
    ]
    assert all(value in sent for name, value in inputs.items() if name != "scale")
    assert all(output.seed == inputs.get("seed") for output in outputs)


def test_only_what_is_declared_and_sent_changes(write):
    workflow = load_workflows(write())["mine"]

    filled = workflow.filled({"prompt": "new", "seed": 5}, file_name="unused")

    expected = json.loads(json.dumps(GRAPH))
    expected["2"]["inputs"]["text"] = "new"
    expected["3"]["inputs"]["seed"] = 5
    assert filled == expected
    assert workflow.graph == GRAPH


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("seed", LARGEST_SEED, LARGEST_SEED),
        ("seed", 4.0, 4),
        ("guidance", 3, 3.0),
        ("guidance", 3.5, 3.5),
        ("tiled", True, True),
        ("prompt", "7", "7"),
    ],
)
def test_values_keep_the_type_that_the_graph_has(write, name, value, sent):
    filled = load_workflows(write())["mine"].filled({"prompt": "a", name: value}, file_name="")

    node, place = {
        "seed": ("3", "seed"),
        "guidance": ("3", "cfg"),
        "tiled": ("3", "tiled"),
        "prompt": ("2", "text"),
    }[name]
    found = filled[node]["inputs"][place]
    assert (found, type(found)) == (sent, type(sent))


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "it needs prompt"),
        ({"prompt": "a", "width": 64}, "it takes no width"),
        ({"prompt": "a", "3.cfg": 64}, "it takes no 3.cfg"),
        ({"prompt": 7}, "prompt is int instead of str"),
        ({"prompt": ["1", 0]}, "prompt is list instead of str"),
        ({"prompt": "a", "seed": "7"}, "seed is str instead of int"),
        ({"prompt": "a", "seed": True}, "seed is bool instead of int"),
        ({"prompt": "a", "seed": 7.5}, "seed is a fraction instead of a whole number"),
        ({"prompt": "a", "guidance": None}, "guidance is NoneType instead of float"),
        ({"prompt": "a", "guidance": math.inf}, "guidance is not a number"),
        ({"prompt": "a", "tiled": 1}, "tiled is int instead of bool"),
    ],
)
async def test_inputs_that_do_not_fit_are_refused_before_the_order(
    shop, write, inputs, words, logged
):
    shop.workflows = write()
    provider = shop.connect()

    with pytest.raises(ProviderRejected, match=words):
        await provider.submit("mine", inputs, key="attempt-1")

    assert words in str(logged)
    assert "mine" in str(logged)
    assert shop.paid_posts == 0


def test_number_is_multiplied_where_the_template_says_so():
    filled = load_workflows(None)["upscale-esrgan"].filled(
        {"image": "fox.png", "scale": 2}, file_name="fox"
    )

    assert filled["4"]["inputs"]["scale_by"] == 0.5


def test_one_input_may_go_to_several_places(write):
    sheet = 'output = "4"\n[inputs]\nprompt = ["2.text", "1.ckpt_name"]\n'

    filled = load_workflows(write(sheet=sheet))["mine"].filled({"prompt": "a"}, file_name="")

    assert filled["2"]["inputs"]["text"] == filled["1"]["inputs"]["ckpt_name"] == "a"


def test_own_workflow_wins_over_ours_of_the_same_name(write):
    found = load_workflows(write(name="flux-schnell"))

    assert found["flux-schnell"].graph == GRAPH
    assert found["flux-dev"].graph != GRAPH


def _without_link() -> dict:
    graph = json.loads(json.dumps(GRAPH))
    del graph["1"]
    return graph


@pytest.mark.parametrize(
    ("graph", "sheet", "words"),
    [
        ("{", SHEET, "mine.json"),
        ("[]", SHEET, "mine.json"),
        ('{"nodes": [], "links": []}', SHEET, r"mine.json: .* Export \(API\)"),
        ('{"1": {"inputs": {}}}', SHEET, "mine.json: 1.class_type"),
        (_without_link(), SHEET, "mine.json: 2.clip is linked to 1"),
        (GRAPH, "output =", "mine.toml"),
        (GRAPH, 'output = "4"', "mine.toml: inputs"),
        (GRAPH, SHEET.replace('"4"', '"9"'), "mine.toml: output: there is no node 9"),
        (GRAPH, SHEET + 'width = "3.width"', "mine.toml: width: there is no 3.width"),
        (GRAPH, SHEET + 'width = "9.width"', "mine.toml: width: there is no 9.width"),
        (GRAPH, SHEET + 'clip = "2.clip"', "mine.toml: clip: 2.clip comes from another node"),
        (GRAPH, SHEET + 'clip = { into = "2.text", times = 2 }', "mine.toml: clip: 2.text is no"),
        (GRAPH, SHEET.replace('"prompt"', '"image"'), "mine.toml: required: image"),
        (GRAPH, 'file_name = "3.seed"' + SHEET, "mine.toml: file_name"),
        (GRAPH, 'surprise = "1"' + SHEET, "mine.toml: surprise"),
    ],
)
def test_malformed_template_stops_the_start_with_its_file_name(write, graph, sheet, words):
    folder = write(graph, sheet)

    with pytest.raises(StartError, match=words) as caught:
        load_workflows(folder)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["json", "toml"])
def test_half_a_template_stops_the_start(write, suffix):
    folder = write()
    (folder / f"mine.{suffix}").unlink()

    with pytest.raises(StartError, match=f"mine.{suffix}"):
        load_workflows(folder)


def test_folder_that_is_not_there_stops_the_start(tmp_path):
    with pytest.raises(StartError, match="COMFYUI_WORKFLOWS"):
        load_workflows(tmp_path / "nowhere")
