"""Our routes to ComfyUI against the workflow templates that come with us."""

import pytest

from bot.errors import ProviderRejected
from bot.providers._comfy_workflows import load_workflows
from tests.contract.test_catalog import SERVED, corners, usual_wish

WORKFLOWS = load_workflows(None)
BY_COMFYUI = [served for served in SERVED if served.route.provider == "comfyui"]
each_of_comfyui = pytest.mark.parametrize("served", BY_COMFYUI, ids=str)


@each_of_comfyui
def test_inputs_fill_the_template(served):
    workflow = WORKFLOWS[served.route.endpoint]

    for _, inputs in corners(served):
        graph = workflow.filled(inputs, file_name="fox")

        for name, value in inputs.items():
            for place in workflow.places[name]:
                assert graph[place.node]["inputs"][place.name] == place.fitting(value)


@each_of_comfyui
def test_input_that_the_template_does_not_know_would_be_noticed(served):
    inputs = served.inputs(usual_wish(served)) | {"promt": "a fox"}

    with pytest.raises(ProviderRejected):
        WORKFLOWS[served.route.endpoint].filled(inputs, file_name="fox")


@each_of_comfyui
def test_everything_that_the_template_can_be_told_is_sent(served):
    assert served.route.sends.keys() == WORKFLOWS[served.route.endpoint].places.keys()


def test_every_template_serves_a_model():
    assert {served.route.endpoint for served in BY_COMFYUI} == set(WORKFLOWS)
