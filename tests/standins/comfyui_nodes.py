"""The nodes that the stand-in of ComfyUI knows, and how it checks a graph before it takes it.

Names, types and limits are those of ComfyUI's own nodes; so are the shapes of its errors.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_SEED = 2**64 - 1
MAX_SIDE = 16384
SLOW = {"KSampler", "SamplerCustomAdvanced", "ImageUpscaleWithModel"}


@dataclass(frozen=True)
class Number:
    low: float
    high: float
    whole: bool = True


@dataclass(frozen=True)
class FileOf:
    """A choice among the files of a folder."""

    folder: str


@dataclass(frozen=True)
class NodeKind:
    gives: Sequence[str]
    takes: Mapping[str, Any] = field(default_factory=dict)
    is_output: bool = False


STEPS = Number(1, 10000)
SIDE = Number(16, MAX_SIDE)
COUNT = Number(1, 4096)
SEED = Number(0, MAX_SEED)
SHARE = Number(0, 1, whole=False)
SAMPLERS = ("euler", "dpmpp_2m")
SCHEDULERS = ("simple", "normal", "karras")

KINDS: dict[str, NodeKind] = {
    "UNETLoader": NodeKind(
        ["MODEL"],
        {"unet_name": FileOf("diffusion_models"), "weight_dtype": ("default", "fp8_e4m3fn")},
    ),
    "DualCLIPLoader": NodeKind(
        ["CLIP"],
        {
            "clip_name1": FileOf("text_encoders"),
            "clip_name2": FileOf("text_encoders"),
            "type": ("sdxl", "sd3", "flux"),
        },
    ),
    "VAELoader": NodeKind(["VAE"], {"vae_name": FileOf("vae")}),
    "CheckpointLoaderSimple": NodeKind(
        ["MODEL", "CLIP", "VAE"], {"ckpt_name": FileOf("checkpoints")}
    ),
    "UpscaleModelLoader": NodeKind(["UPSCALE_MODEL"], {"model_name": FileOf("upscale_models")}),
    "CLIPTextEncode": NodeKind(["CONDITIONING"], {"text": str, "clip": "CLIP"}),
    "FluxGuidance": NodeKind(
        ["CONDITIONING"],
        {"conditioning": "CONDITIONING", "guidance": Number(0, 100, whole=False)},
    ),
    "EmptySD3LatentImage": NodeKind(
        ["LATENT"], {"width": SIDE, "height": SIDE, "batch_size": COUNT}
    ),
    "EmptyLatentImage": NodeKind(["LATENT"], {"width": SIDE, "height": SIDE, "batch_size": COUNT}),
    "LoadImage": NodeKind(["IMAGE", "MASK"], {"image": FileOf("input")}),
    "VAEEncode": NodeKind(["LATENT"], {"pixels": "IMAGE", "vae": "VAE"}),
    "RepeatLatentBatch": NodeKind(["LATENT"], {"samples": "LATENT", "amount": Number(1, 64)}),
    "RandomNoise": NodeKind(["NOISE"], {"noise_seed": SEED}),
    "KSamplerSelect": NodeKind(["SAMPLER"], {"sampler_name": SAMPLERS}),
    "BasicScheduler": NodeKind(
        ["SIGMAS"], {"model": "MODEL", "scheduler": SCHEDULERS, "steps": STEPS, "denoise": SHARE}
    ),
    "BasicGuider": NodeKind(["GUIDER"], {"model": "MODEL", "conditioning": "CONDITIONING"}),
    "SamplerCustomAdvanced": NodeKind(
        ["LATENT", "LATENT"],
        {
            "noise": "NOISE",
            "guider": "GUIDER",
            "sampler": "SAMPLER",
            "sigmas": "SIGMAS",
            "latent_image": "LATENT",
        },
    ),
    "KSampler": NodeKind(
        ["LATENT"],
        {
            "model": "MODEL",
            "positive": "CONDITIONING",
            "negative": "CONDITIONING",
            "latent_image": "LATENT",
            "seed": SEED,
            "steps": STEPS,
            "cfg": Number(0, 100, whole=False),
            "sampler_name": SAMPLERS,
            "scheduler": SCHEDULERS,
            "denoise": SHARE,
        },
    ),
    "VAEDecode": NodeKind(["IMAGE"], {"samples": "LATENT", "vae": "VAE"}),
    "ImageUpscaleWithModel": NodeKind(
        ["IMAGE"], {"upscale_model": "UPSCALE_MODEL", "image": "IMAGE"}
    ),
    "ImageScaleBy": NodeKind(
        ["IMAGE"],
        {
            "image": "IMAGE",
            "upscale_method": ("nearest-exact", "bilinear", "lanczos"),
            "scale_by": Number(0.01, 8, whole=False),
        },
    ),
    "SaveImage": NodeKind([], {"images": "IMAGE", "filename_prefix": str}, is_output=True),
}

MODELS: dict[str, list[str]] = {
    "diffusion_models": ["flux1-schnell.safetensors", "flux1-dev.safetensors"],
    "text_encoders": ["t5xxl_fp8_e4m3fn.safetensors", "clip_l.safetensors"],
    "vae": ["ae.safetensors"],
    "checkpoints": ["sd_xl_base_1.0.safetensors"],
    "upscale_models": ["RealESRGAN_x4plus.pth"],
}


def refusal(graph: Any, files: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    """Return the body of the 400 that a graph deserves, if it does."""
    if not isinstance(graph, dict) or not graph:
        return _refused("no_prompt", "No prompt provided", "No prompt provided")
    for node, body in graph.items():
        if body.get("class_type") not in KINDS:
            return _refused(
                "missing_node_type",
                f"Node '{body.get('class_type')}' not found. The custom node may not be installed.",
                f"Node ID '#{node}'",
            )
    if not any(KINDS[body["class_type"]].is_output for body in graph.values()):
        return _refused("prompt_no_outputs", "Prompt has no outputs", "")
    errors = {node: found for node in graph if (found := list(_errors(graph, node, files)))}
    if not errors:
        return None
    details = "\n".join(
        f"{one['message']}: {one['details']}" for found in errors.values() for one in found
    )
    refused = _refused(
        "prompt_outputs_failed_validation", "Prompt outputs failed validation", details
    )
    refused["node_errors"] = {
        node: {
            "errors": found,
            "dependent_outputs": ["15"],
            "class_type": graph[node]["class_type"],
        }
        for node, found in errors.items()
    }
    return refused


def _refused(kind: str, message: str, details: str) -> dict[str, Any]:
    error = {"type": kind, "message": message, "details": details, "extra_info": {}}
    return {"error": error, "node_errors": {}}


def _errors(
    graph: Mapping[str, Any], node: str, files: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, Any]]:
    inputs = graph[node]["inputs"]
    for name, wanted in KINDS[graph[node]["class_type"]].takes.items():
        if name not in inputs:
            yield _error("required_input_missing", "Required input is missing", name, name)
        elif isinstance(inputs[name], list):
            yield from _link_errors(graph, name, inputs[name], wanted)
        else:
            yield from _value_errors(name, inputs[name], wanted, files)


def _link_errors(
    graph: Mapping[str, Any], name: str, link: list[Any], wanted: Any
) -> Iterator[dict[str, Any]]:
    gives = KINDS[graph[link[0]]["class_type"]].gives
    if gives[link[1]] != wanted:
        details = f"{name}, received_type({gives[link[1]]}) mismatch input_type({wanted})"
        yield _error(
            "return_type_mismatch", "Return type mismatch between linked nodes", details, name
        )


def _value_errors(
    name: str, value: Any, wanted: Any, files: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, Any]]:
    if isinstance(wanted, FileOf):
        wanted = tuple(files.get(wanted.folder, ()))
    if isinstance(wanted, tuple):
        if value not in wanted:
            details = f"{name}: '{value}' not in {list(wanted)}"
            yield _error("value_not_in_list", "Value not in list", details, name)
    elif isinstance(wanted, Number):
        yield from _number_errors(name, value, wanted)
    elif wanted is str and not isinstance(value, str):
        yield _error("invalid_input_type", "Failed to convert an input value", name, name)
    elif isinstance(wanted, str):
        yield _error("bad_linked_input", "Bad linked input, must be a length-2 list", name, name)


def _number_errors(name: str, value: Any, wanted: Number) -> Iterator[dict[str, Any]]:
    # ComfyUI would read "4" as 4; nothing of ours should make use of that.
    types = int if wanted.whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, types):
        yield _error("invalid_input_type", "Failed to convert an input value", name, name)
    elif value < wanted.low:
        message = f"Value {value} smaller than min of {wanted.low}"
        yield _error("value_smaller_than_min", message, name, name)
    elif value > wanted.high:
        message = f"Value {value} bigger than max of {wanted.high}"
        yield _error("value_bigger_than_max", message, name, name)


def _error(kind: str, message: str, details: str, name: str) -> dict[str, Any]:
    return {
        "type": kind,
        "message": message,
        "details": details,
        "extra_info": {"input_name": name},
    }


def in_order(graph: Mapping[str, Any]) -> list[str]:
    """Return the nodes, each after those that it takes something from."""
    done: list[str] = []

    def visit(node: str) -> None:
        if node not in done:
            for value in graph[node]["inputs"].values():
                if isinstance(value, list):
                    visit(value[0])
            done.append(node)

    for node in graph:
        visit(node)
    return done


def signature(graph: Mapping[str, Any], node: str) -> str:
    """Return what a node's result depends on; equal ones are cached."""
    inputs = {
        name: signature(graph, value[0]) + f":{value[1]}" if isinstance(value, list) else value
        for name, value in graph[node]["inputs"].items()
    }
    return f"{graph[node]['class_type']}({sorted(inputs.items())!r})"


def steps_in(graph: Mapping[str, Any]) -> int:
    steps = [body["inputs"]["steps"] for body in graph.values() if "steps" in body["inputs"]]
    return steps[0] if steps else 4


def seed_in(graph: Mapping[str, Any]) -> int:
    seeds = [
        body["inputs"][name]
        for body in graph.values()
        for name in ("seed", "noise_seed")
        if name in body["inputs"]
    ]
    return seeds[0] if seeds else 0


def shape_of(
    graph: Mapping[str, Any], node: str, sizes: Mapping[str, tuple[int, int]]
) -> tuple[int, int, int]:
    """Return width, height and number of the pictures, or latents, that a node gives."""
    kind, inputs = graph[node]["class_type"], graph[node]["inputs"]
    if kind in {"EmptySD3LatentImage", "EmptyLatentImage"}:
        return inputs["width"], inputs["height"], inputs["batch_size"]
    if kind == "LoadImage":
        return *sizes[inputs["image"]], 1
    source = next(
        inputs[name][0]
        for name in ("images", "samples", "pixels", "latent_image", "image")
        if name in inputs
    )
    width, height, count = shape_of(graph, source, sizes)
    if kind == "RepeatLatentBatch":
        count *= inputs["amount"]
    factor = {"ImageUpscaleWithModel": 4.0, "ImageScaleBy": inputs.get("scale_by", 1.0)}
    times = factor.get(kind, 1.0)
    return round(width * times), round(height * times), count
