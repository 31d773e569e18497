"""Our own catalog: which models are preferred."""

import pytest

from bot import catalog

TASKS = ["imagine", "vary", "edit", "fill", "upscale", "cutout", "blend", "describe", "enhance"]


@pytest.mark.parametrize("task", TASKS)
def test_auto_paints_offline_only_where_nothing_else_is_served(task):
    names = [model.name for model in catalog.load().offering(task)]

    assert len(names) > 1
    assert names.index("painter") == len(names) - 1


@pytest.mark.parametrize(
    ("task", "quality", "name"),
    [
        ("imagine", "draft", "flux-schnell"),
        ("imagine", "standard", "flux-dev"),
        ("imagine", "high", "flux-pro"),
        ("vary", "standard", "flux-dev"),
        ("edit", "standard", "flux-kontext-dev"),
        ("edit", "high", "flux-kontext-pro"),
        ("fill", "standard", "flux-fill"),
        ("upscale", "standard", "clarity"),
        ("cutout", "standard", "birefnet"),
        ("blend", "standard", "nano-banana"),
        ("blend", "high", "flux-kontext-pro"),
    ],
)
def test_preferred_model_of_each_quality(task, quality, name):
    models = [model for model in catalog.load().offering(task) if model.quality == quality]

    assert models[0].name == name


@pytest.mark.parametrize(
    ("quality", "name"), [("standard", "ideogram-v3-turbo"), ("high", "ideogram-v3")]
)
def test_preferred_model_for_letters(quality, name):
    writing = [model for model in catalog.load().offering("imagine") if model.writes]

    assert next(model.name for model in writing if model.quality == quality) == name


def test_presets_are_listed_apart_from_the_models_that_edit_as_told():
    ours = catalog.load()

    presets = ours.presets("")

    assert not [model.name for model in ours.offering("edit") if model.is_preset]
    assert all(model.is_preset for model in presets)
    # Discord lists 25 choices at most.
    assert 10 <= len(presets) <= 25


def test_auto_takes_every_other_drawing_model_before_those_for_loras():
    models = [model for model in catalog.load().offering("imagine") if model.name != "painter"]

    takes_loras = [model.tasks["imagine"].takes.loras for model in models]

    assert any(takes_loras)
    assert takes_loras == sorted(takes_loras)


def test_models_of_all_the_makers_are_there():
    names = {model.name for model in catalog.load().all()}

    for family in ("flux", "imagen", "recraft", "ideogram", "sana", "hidream", "sdxl", "omnigen"):
        assert any(name.startswith(family) for name in names), family
