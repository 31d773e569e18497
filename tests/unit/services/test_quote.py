"""What a wish comes down to, and every reason to refuse it."""

import pytest

from bot.catalog import Catalog
from bot.errors import (
    BadPicture,
    BadPrompt,
    NoRoute,
    OutOfRange,
    UnknownLora,
    UnknownModel,
    UnsupportedInput,
)
from bot.health import Health
from bot.routing import Routing
from bot.services import ImageWish, Source
from bot.services.quoting import MAX_SEED, Quoting
from tests.unit.services.scripted import Scripted
from tests.unit.services.studio import COST_USD_MICROS, SENDS, model, route

SKETCH = Source("0" * 64, 800, 600)


def quoting(*models):
    return Quoting(Catalog(models), Routing({"first": Scripted()}, Health()))


def quote(studio, prompt="a fox", model="fox", **wish):
    return studio.services.making.quote(ImageWish(prompt, model, **wish), server_id=None)


def test_price_is_that_of_every_picture_together(studio):
    quoted = quote(studio, count=4)

    assert (quoted.count, quoted.price) == (4, 12)
    assert quoted.cost_usd_micros == 4 * COST_USD_MICROS
    assert quoted.model.name == "fox"


def test_wish_is_completed_with_the_models_defaults(studio):
    quoted = quote(studio, "  a fox\n")

    assert quoted.count == 1
    assert quoted.inputs["prompt"] == "a fox"
    assert quoted.inputs["aspect_ratio"] == "1:1"
    assert 0 <= quoted.inputs["seed"] <= MAX_SEED
    assert "negative_prompt" not in quoted.inputs


def test_wish_is_kept_as_it_was_said(studio):
    quoted = quote(studio, aspect_ratio="3:2", negative_prompt=" dogs ", seed=0)

    assert quoted.inputs == {
        "prompt": "a fox",
        "aspect_ratio": "3:2",
        "negative_prompt": "dogs",
        "seed": 0,
        "count": 1,
        "pixels": 1216 * 832,
        "insists": ["negative_prompt"],
    }


def test_seeds_that_nobody_chose_differ(studio):
    assert len({quote(studio).inputs["seed"] for _ in range(20)}) > 10


def test_blank_negative_prompt_is_none(studio):
    assert "negative_prompt" not in quote(studio, model="plain", negative_prompt="  ").inputs


def test_auto_is_the_best_model_that_somebody_serves(studio):
    assert quote(studio, model="auto").model.name == "fox"


@pytest.mark.parametrize(("prompt", "length"), [("", 0), (" \n\t", 0), ("x" * 101, 101)])
def test_prompt_that_is_empty_or_too_long_is_refused(studio, prompt, length):
    with pytest.raises(BadPrompt) as refused:
        quote(studio, prompt)

    assert (refused.value.length, refused.value.limit) == (length, 100)


def test_prompt_of_exactly_the_limit_is_taken(studio):
    assert quote(studio, "x" * 100).inputs["prompt"] == "x" * 100


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({"count": 0}, ("count", 0, 1, 4)),
        ({"count": -1}, ("count", -1, 1, 4)),
        ({"count": 5}, ("count", 5, 1, 4)),
        ({"count": 2, "model": "plain"}, ("count", 2, 1, 1)),
        ({"seed": -1}, ("seed", -1, 0, MAX_SEED)),
        ({"seed": MAX_SEED + 1}, ("seed", MAX_SEED + 1, 0, MAX_SEED)),
    ],
)
def test_number_out_of_range_is_refused(studio, wish, expected):
    with pytest.raises(OutOfRange) as refused:
        quote(studio, **wish)

    error = refused.value
    assert (error.name, error.value, error.low, error.high) == expected


def test_unknown_model_is_refused(studio):
    with pytest.raises(UnknownModel) as refused:
        quote(studio, model="wolf")

    assert refused.value.name == "wolf"


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ({"aspect_ratio": "7:1"}, "aspect ratio 7:1"),
        ({"model": "plain", "negative_prompt": "dogs"}, "negative prompt"),
        ({"model": "plain", "seed": 7}, "seed"),
    ],
)
def test_input_that_the_model_does_not_take_is_refused_not_dropped(studio, wish, name):
    with pytest.raises(UnsupportedInput) as refused:
        quote(studio, **wish)

    assert refused.value.name == name


def test_model_that_nobody_serves_is_refused(studio):
    with pytest.raises(NoRoute) as refused:
        quote(studio, model="orphan")

    assert refused.value.model_title == "Orphan"


def test_auto_is_refused_when_nobody_serves_anything(studio):
    studio.resources.routing._providers.clear()

    with pytest.raises(NoRoute):
        quote(studio, model="auto")


async def test_quoting_writes_nothing(studio):
    before = await studio.rows()

    quote(studio, count=4)

    assert await studio.rows() == before


def test_models_offered_are_those_that_match_and_are_served(studio):
    making = studio.services.making

    assert [model.name for model in making.models("", limit=25, server_id=None)] == [
        "fox",
        "plain",
        "twice",
        "free",
        "deft",
    ]
    assert [model.name for model in making.models("pl", limit=25, server_id=None)] == ["plain"]
    assert [model.name for model in making.models("", limit=2, server_id=None)] == ["fox", "plain"]


# Models of several tastes.


def test_auto_takes_the_model_of_the_quality_asked_for():
    desk = quoting(
        model(name="quick", rank=1, quality="draft"),
        model(name="usual", rank=2),
        model(name="grand", rank=3, quality="high"),
    )

    chosen = {
        quality: desk.quote(ImageWish("a fox", quality=quality)).model.name
        for quality in (None, "draft", "standard", "high")
    }

    assert chosen == {None: "quick", "draft": "quick", "standard": "usual", "high": "grand"}


def test_auto_takes_what_there_is_when_nothing_has_that_quality(studio):
    assert quote(studio, model="auto", quality="high").model.name == "fox"


def test_quality_of_a_chosen_model_means_its_steps():
    takes = {"seed": True, "steps": [1, 50]}
    desk = quoting(model(takes=takes, quality_steps={"draft": 10, "high": 40}))

    def steps(**wish):
        return desk.quote(ImageWish("a fox", "fox", **wish)).inputs.get("steps")

    assert (steps(quality="draft"), steps(quality="high")) == (10, 40)
    assert steps(quality="draft", steps=33) == 33
    assert steps() is None


def test_quality_that_a_chosen_model_does_not_have_is_refused(studio):
    with pytest.raises(UnsupportedInput) as refused:
        quote(studio, quality="draft")

    assert refused.value.name == "quality setting"


@pytest.mark.parametrize("name", ["steps", "guidance"])
def test_setting_that_a_model_does_not_take_is_refused_not_dropped(studio, name):
    with pytest.raises(UnsupportedInput) as refused:
        quote(studio, **{name: 3})

    assert refused.value.name == name


@pytest.mark.parametrize("steps", [0, 5])
def test_steps_outside_the_models_range_are_refused(steps):
    desk = quoting(model(takes={"steps": [1, 4]}))

    with pytest.raises(OutOfRange) as refused:
        desk.quote(ImageWish("a fox", "fox", steps=steps))

    assert (refused.value.low, refused.value.high) == (1, 4)


def test_lora_makes_auto_choose_a_model_that_takes_one():
    desk = quoting(model(rank=1), model(name="tuned", rank=9, takes={"loras": True}))

    quoted = desk.quote(ImageWish("a fox", lora="somebody/foxes"))

    assert quoted.model.name == "tuned"
    assert quoted.inputs["loras"] == [{"path": "somebody/foxes", "scale": 1.0}]


@pytest.mark.parametrize(
    "name", ["foxes", "https://evil.example/foxes", "../../etc/passwd", "a/b/c", "a/b?x=1", "a/ b"]
)
def test_lora_that_is_no_name_on_hugging_face_is_refused(name):
    desk = quoting(model(takes={"loras": True}))

    with pytest.raises(UnknownLora):
        desk.quote(ImageWish("a fox", "fox", lora=name))


# Work that starts from a picture.


def test_picture_decides_the_shape_not_a_ratio(studio):
    with pytest.raises(UnsupportedInput) as refused:
        quote(studio, model="deft", task="vary", image=SKETCH, aspect_ratio="1:1")

    assert "aspect ratio" in refused.value.name


def test_model_that_makes_nothing_from_pictures_says_so(studio):
    with pytest.raises(UnsupportedInput) as refused:
        quote(studio, task="vary", image=SKETCH)

    assert refused.value.model_title == "Fox"


def test_strength_of_a_preset_gives_way_to_a_chosen_one(studio):
    def strength(**wish):
        return quote(studio, model="deft", task="vary", image=SKETCH, **wish).inputs["strength"]

    assert strength() == 0.5
    assert strength(preset="strong") == 0.9
    assert strength(preset="strong", strength=0.1) == 0.1


def test_upscale_is_priced_by_the_million_pixels_it_makes(studio):
    def price(**wish):
        quoted = quote(studio, "", "deft", task="upscale", image=SKETCH, **wish)
        return quoted.price, quoted.cost_usd_micros // COST_USD_MICROS

    assert price() == (14, 2)
    assert price(scale=1.5) == (14, 2)
    assert price(scale=4) == (56, 8)


def test_picture_that_is_as_large_as_it_gets_is_not_enlarged(studio):
    huge = Source("0" * 64, 3000, 2000)

    with pytest.raises(BadPicture):
        quote(studio, "", "deft", task="upscale", image=huge, scale=2)


def test_wider_canvas_is_priced_as_it_will_be(studio):
    square = Source("0" * 64, 1000, 1000)

    def price(frame):
        return quote(studio, model="deft", task="fill", image=square, frame=frame).price

    assert price("zoom_out") == 6
    assert price("pan_left") == 12


def test_square_picture_cannot_be_made_square(studio):
    with pytest.raises(BadPicture):
        quote(studio, model="deft", task="fill", image=Source("0" * 64, 512, 512), frame="square")


def test_background_is_removed_without_a_word(studio):
    quoted = quote(studio, "", "deft", task="cutout", image=SKETCH)

    assert (quoted.price, quoted.inputs["prompt"]) == (1, "")
    assert "seed" not in quoted.inputs


def test_edit_without_a_word_is_refused(studio):
    with pytest.raises(BadPrompt):
        quote(studio, "", "deft", task="edit", image=SKETCH)


def test_long_negative_prompt_is_refused_not_cut(studio):
    with pytest.raises(BadPrompt):
        quote(studio, negative_prompt="x" * 101)


# What `auto` means.


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ({}, "quick"),
        ({"quality": "draft"}, "quick"),
        ({"quality": "high"}, "grand"),
        ({"prompt": "a fox, " * 120}, "usual"),
        ({"prompt": 'a shop with a sign that says "FOXES"'}, "scribe"),
        ({"prompt": "a poster reading happy birthday"}, "scribe"),
        ({"prompt": "a fox reading a book"}, "quick"),
        ({"count": 3}, "usual"),
    ],
)
def test_auto_chooses_by_quality_length_letters_and_count(wish, name):
    desk = quoting(
        model(name="quick", rank=1, quality="draft", max_count=1, max_prompt=4000),
        model(name="usual", rank=2, max_prompt=4000),
        model(name="scribe", rank=3, writes=True, max_prompt=4000),
        model(name="grand", rank=4, quality="high", max_prompt=4000),
        model(name="painter", rank=0, is_fallback=True, writes=True, max_prompt=4000),
    )

    assert desk.quote(ImageWish(**{"prompt": "a fox", **wish})).model.name == name


def test_auto_leaves_a_model_alone_whose_company_is_failing():
    routing = Routing({"first": Scripted(), "second": Scripted()}, Health())
    models = [
        model(name="quick", rank=1, routes=[route("first")]),
        model(name="usual", rank=2, routes=[route("second")]),
        model(name="painter", rank=3, is_fallback=True, routes=[route("second")]),
    ]
    desk = Quoting(Catalog(models), routing)
    routing.health.failed("first", for_good=True)

    assert desk.quote(ImageWish("a fox")).model.name == "usual"

    routing.health.failed("second", for_good=True)

    quoted = desk.quote(ImageWish("a fox"))
    assert (quoted.model.name, quoted.is_served) == ("quick", False)


def test_fallback_is_taken_where_nothing_else_is_there():
    desk = quoting(model(name="painter", is_fallback=True), model(routes=[route("nobody")]))

    assert desk.quote(ImageWish("a fox")).model.name == "painter"


@pytest.mark.parametrize(
    ("lora", "found"),
    [
        ("somebody/foxes", {"loras": [{"path": "somebody/foxes", "scale": 1.0}]}),
        ("somebody/foxes 0.6", {"loras": [{"path": "somebody/foxes", "scale": 0.6}]}),
        (
            "urn:air:flux1:lora:civitai:12@34 0.8",
            {"air_loras": {"urn:air:flux1:lora:civitai:12@34": 0.8}},
        ),
    ],
)
def test_lora_is_read_with_its_weight(lora, found):
    sends = {**SENDS, "airs": "air_loras"}
    desk = quoting(model(takes={"loras": True}, routes=[{**route("first"), "sends": sends}]))

    inputs = desk.quote(ImageWish("a fox", "fox", lora=lora)).inputs

    assert {name: inputs[name] for name in inputs if "loras" in name} == found


def test_lora_weight_out_of_range_is_refused():
    desk = quoting(model(takes={"loras": True}))

    with pytest.raises(OutOfRange):
        desk.quote(ImageWish("a fox", "fox", lora="somebody/foxes 9"))


def test_lora_of_a_kind_that_no_route_takes_is_refused_in_words():
    desk = quoting(model(takes={"loras": True}))

    with pytest.raises(UnsupportedInput) as refused:
        desk.quote(ImageWish("a fox", "fox", lora="urn:air:flux1:lora:civitai:12@34"))

    assert refused.value.name == "LoRA from CivitAI"


def test_count_that_no_route_there_makes_is_refused_with_what_they_make():
    single = {**route("first"), "max_count": 1}
    desk = quoting(model(routes=[single, route("nobody")]))

    with pytest.raises(OutOfRange) as refused:
        desk.quote(ImageWish("a fox", "fox", count=4))

    assert (refused.value.name, refused.value.high) == ("count", 1)


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ({"negative_prompt": "rain"}, "careful"),
        ({"steps": 5}, "careful"),
        ({"aspect_ratio": "3:2"}, "wide"),
        ({"seed": 7}, "quick"),
    ],
)
def test_auto_passes_by_models_that_would_refuse_the_wish(wish, name):
    desk = quoting(
        model(name="quick", rank=1, takes={"seed": True}, sizes={"1:1": [1024, 1024]}),
        model(name="wide", rank=2, takes={"seed": True}),
        model(name="careful", rank=3, takes={"negative_prompt": True, "steps": [1, 9]}),
    )

    assert desk.quote(ImageWish("a fox", **wish)).model.name == name


def test_auto_says_what_is_wrong_in_the_words_of_the_best_model():
    desk = quoting(model(name="quick", title="Quick", rank=1, takes={}), model(name="z", takes={}))

    with pytest.raises(UnsupportedInput) as refused:
        desk.quote(ImageWish("a fox", negative_prompt="rain"))

    assert refused.value.model_title == "Quick"


def test_high_quality_means_the_nearest_that_is_there():
    desk = quoting(model(name="quick", rank=1, quality="draft"), model(name="usual", rank=2))

    assert desk.quote(ImageWish("a fox", quality="high")).model.name == "usual"
