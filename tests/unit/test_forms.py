"""Forms: what the library keeps of them."""

import pytest

from cogs._forms import FORGOTTEN_AFTER_S, remix_form


@pytest.mark.rule("9/modal-timeout")
async def test_form_that_is_dismissed_is_forgotten():
    form = remix_form(12, 34, "a fox")

    assert form.timeout == FORGOTTEN_AFTER_S
