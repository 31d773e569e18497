"""The page of models says what the catalog says."""

from bot import catalog
from tests.models_page import PAGE, page


def test_page_of_models_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_model_and_every_task_is_on_the_page():
    words = page()

    for model in catalog.load().all():
        assert words.count(f"`{model.name}`") == len(model.tasks)
