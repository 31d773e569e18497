"""What ComfyUI refuses and what fails there: the right error, in words that people may read."""

import pytest
from structlog.testing import capture_logs

from bot.errors import EndpointGone, ProviderFailed, ProviderRejected
from tests.pictures import png
from tests.standins.answers import Answer
from tests.standins.comfyui_shop import assert_clean, buy, follow, open_shop, reach

TRACEBACK = ['  File "/home/mia/ComfyUI/execution.py", line 510, in execute\n']
OOM = {
    "node_id": "13",
    "node_type": "SamplerCustomAdvanced",
    "exception_type": "torch.OutOfMemoryError",
    "exception_message": "Allocation on device 0 would exceed allowed memory. (out of memory)\n",
    "traceback": TRACEBACK,
}
OOM_OF_OLD = {
    **OOM,
    "exception_type": "RuntimeError",
    "exception_message": "CUDA error: out of memory\nCUDA kernel errors might be reported later",
}
BROKEN = {
    "node_id": "3",
    "node_type": "VAELoader",
    "exception_type": "RuntimeError",
    "exception_message": (
        "cannot read '/home/mia/models/ae.safetensors' nor C:\\models\\ae.safetensors, "
        "see https://comfy.example/help?id=7\nand a second line"
    ),
    "traceback": TRACEBACK,
}
PROMPT = "a fox nobody shall read of"


@pytest.fixture
def logged():
    with capture_logs() as entries:
        yield entries


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def _failure(shop, facts):
    """Order a run that fails; return what follow and fetch raise."""
    shop.failures.append(facts)
    provider = shop.connect()
    handle = await buy(shop, provider, prompt=PROMPT)
    with pytest.raises(ProviderRejected) as followed:
        await follow(provider, handle)
    with pytest.raises(ProviderRejected) as fetched:
        await provider.fetch(handle)
    assert (type(followed.value), str(followed.value)) == (type(fetched.value), str(fetched.value))
    assert_clean(shop, followed.value)
    return followed.value


@pytest.mark.parametrize("facts", [OOM, OOM_OF_OLD])
async def test_too_little_memory_is_said_in_plain_words(shop, facts):
    error = await _failure(shop, facts)

    assert type(error) is ProviderFailed
    assert str(error) == "ComfyUI ran out of memory for a picture of this size"


async def test_broken_node_is_named_without_paths_addresses_or_traceback(shop, logged):
    error = await _failure(shop, BROKEN)

    assert type(error) is ProviderFailed
    assert str(error) == "ComfyUI failed at VAELoader: cannot read '…' nor …, see …"
    assert "/home/mia/ComfyUI" not in str(logged)
    assert PROMPT not in str(logged)


@pytest.mark.parametrize("facts", [{}, {"exception_message": None, "node_type": 5}])
async def test_failure_without_words_is_a_failure(shop, facts):
    assert type(await _failure(shop, facts)) is ProviderFailed


async def test_run_that_somebody_stopped_at_the_machine_is_cancelled(shop):
    shop.pause_at("step")
    provider = shop.connect()
    handle = await buy(shop, provider)
    await reach(shop, "step")
    shop.runs[handle["prompt_id"]].is_interrupted = True

    shop.resume("step")

    with pytest.raises(ProviderRejected, match="cancelled"):
        await follow(provider, handle)


@pytest.mark.parametrize(
    ("endpoint", "folder", "kind"),
    [
        ("flux-dev", "diffusion_models", "diffusion model"),
        ("flux-schnell", "text_encoders", "text encoder"),
        ("flux-dev", "vae", "VAE"),
        ("sdxl", "checkpoints", "checkpoint"),
    ],
)
async def test_missing_model_file_is_told_by_its_kind(shop, endpoint, folder, kind, logged):
    (*_, missing) = shop.models[folder]
    shop.models[folder] = ["another.safetensors"]

    with pytest.raises(EndpointGone) as caught:
        await buy(shop, shop.connect(), endpoint=endpoint, prompt=PROMPT)

    assert str(caught.value) == f"ComfyUI lacks a file of this workflow: {kind}"
    assert missing in str(logged)
    assert PROMPT not in str(logged)
    assert_clean(shop, caught.value)


async def test_missing_upscale_model_is_told_by_its_kind(shop):
    shop.models["upscale_models"] = []
    provider = shop.connect()
    there = await provider.upload(shop.shelf.keep(png(8, 8)))

    with pytest.raises(EndpointGone, match="upscale model"):
        await buy(shop, provider, endpoint="upscale-esrgan", image=there)


async def test_picture_that_is_gone_leaves_the_workflow_for_others(shop):
    with pytest.raises(ProviderFailed, match="input picture"):
        await buy(shop, shop.connect(), endpoint="upscale-esrgan", image="gone.png")


async def test_node_that_is_not_installed_is_an_endpoint_that_is_gone(shop):
    node = '{"type": "missing_node_type", "message": "Node \'Fox\' not found"}'
    await shop.next_submit(Answer(400, f'{{"error": {node}}}'))

    with pytest.raises(EndpointGone) as caught:
        await buy(shop, shop.connect())

    assert str(caught.value) == "a node of this workflow is not installed at ComfyUI"
    assert_clean(shop, caught.value)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"width": 8}, "ComfyUI: Value 8 smaller than min of 16 (EmptySD3LatentImage, width)"),
        (
            {"steps": 20_000},
            "ComfyUI: Value 20000 bigger than max of 10000 (BasicScheduler, steps)",
        ),
    ],
)
async def test_value_out_of_bounds_is_the_orders_fault(shop, inputs, words):
    with pytest.raises(ProviderRejected) as caught:
        await buy(shop, shop.connect(), **inputs)

    assert type(caught.value) is ProviderRejected
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            '{"error": {"type": "invalid_prompt", "message": "see /home/x"}, "node_errors": []}',
            "ComfyUI: see …",
        ),
        ('{"error": "no", "node_errors": {"1": {"errors": [{}], "class_type": null}}}', "ComfyUI:"),
        ('{"error": {}}', "the provider answered 400"),
        ("<html>Bad Request</html>", "the provider answered 400"),
    ],
)
async def test_refusal_in_any_shape_is_final(shop, body, words):
    await shop.next_submit(Answer(400, body))

    with pytest.raises(ProviderRejected) as caught:
        await buy(shop, shop.connect())

    assert str(caught.value).startswith(words)


async def test_order_that_is_taken_in_spite_of_errors_is_followed(shop, logged):
    """A graph with several outputs is taken when one of them is fine."""
    node = '{"class_type": "SaveImage", "errors": [{"type": "value_not_in_list"}]}'
    body = f'{{"prompt_id": "0-1", "number": 1, "node_errors": {{"9": {node}}}}}'
    await shop.next_submit(Answer(200, body))

    handle = await buy(shop, shop.connect())

    assert handle["prompt_id"] == "0-1"
    assert "value_not_in_list" in str(logged)


async def test_workflow_that_is_not_there_is_an_endpoint_that_is_gone(shop, logged):
    with pytest.raises(EndpointGone):
        await shop.connect().submit("no-such-workflow", {}, key="attempt-1")

    assert "no-such-workflow" in str(logged)
    assert shop.paid_posts == 0
