"""The check of requests against Discord's description."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.sandbox.rules import COMPONENTS_V2
from tests import openapi
from tests.openapi import DESCRIPTION, Contract, ContractViolation, check_request, with_text_ids

needs_description = pytest.mark.skipif(
    not DESCRIPTION.exists(), reason="Discord's description is not part of the repository"
)

SMALL = {
    "paths": {
        "/channels/{channel_id}/messages": {
            "get": {},
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Message"}},
                        "multipart/form-data": {},
                    },
                }
            },
        },
        "/callback": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "anyOf": [
                                    {"$ref": "#/components/schemas/Say"},
                                    {"$ref": "#/components/schemas/Ask"},
                                ]
                            }
                        }
                    }
                }
            }
        },
    },
    "components": {
        "schemas": {
            "Message": {
                "type": "object",
                "properties": {
                    "content": {"type": ["string", "null"], "maxLength": 5},
                    "owner_id": {"type": "string"},
                    "parts": {
                        "type": "array",
                        "items": {
                            "oneOf": [
                                {"$ref": "#/components/schemas/Say"},
                                {"$ref": "#/components/schemas/Ask"},
                            ]
                        },
                    },
                },
                "required": ["content"],
            },
            "Say": {
                "type": "object",
                "properties": {"type": {"enum": [4]}, "words": {"type": "string"}},
                "required": ["type", "words"],
            },
            "Ask": {
                "type": "object",
                "properties": {"type": {"enum": [9]}, "title": {"type": "string", "maxLength": 5}},
                "required": ["type", "title"],
            },
        }
    },
}


@dataclass(frozen=True)
class Request:
    method: str
    route: str
    body: Any = None
    files: list[str] = field(default_factory=list)
    path: str = "/channels/5/messages"


SEND = ("POST", "/channels/{id}/messages")
CALLBACK = ("POST", "/callback")


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/channels/{id}/messages"),
        Request(*SEND, {"content": "short", "owner_id": 77}),
        Request(*SEND, {"content": None}, ["a.png"]),
        Request(*SEND, {"content": "", "parts": [{"type": 9, "title": "short"}]}),
        Request(*CALLBACK, {"type": 4, "words": "hello"}),
        Request(*CALLBACK),
        Request("GET", "/applications/{application_id}/skus"),
    ],
)
def test_fitting_request_passes(request_):
    Contract(SMALL).check(request_)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request("GET", "/nowhere"), "no such route"),
        (Request("DELETE", "/channels/{id}/messages"), "no such route"),
        (Request("GET", "/channels/{id}/messages", {"content": "x"}), "takes no body"),
        (Request(*SEND), "wants a body"),
        (Request(*CALLBACK, {"type": 4, "words": "x"}, ["a.png"]), "takes no files"),
        (Request(*SEND, {"content": 5}), r"\$\.content: 5 is not of type"),
        (Request(*SEND, {}), r"\$: 'content' is a required property"),
        (Request(*SEND, {"content": "too long"}), r"\$\.content: 'too long' is too long"),
        (Request(*CALLBACK, {"type": 5}), r"\$\.type: 5 is none of \[4, 9\]"),
        (Request(*CALLBACK, {"type": 9, "title": "too long"}), r"\$\.title: .* is too long"),
        (
            Request(*SEND, {"content": "", "parts": [{"type": 9, "title": "too long"}]}),
            r"\$\.parts\[0\]\.title: 'too long' is too long",
        ),
    ],
)
def test_unfitting_request_is_a_violation_with_its_cause(request_, words):
    with pytest.raises(ContractViolation, match=words) as caught:
        Contract(SMALL).check(request_)

    assert str(caught.value).startswith(f"{request_.method} /channels/5/messages\n")


@pytest.mark.rule("1/number-ids")
def test_ids_become_strings_but_a_component_s_own_stays_a_number():
    body = {
        "attachments": [{"id": 0, "filename": "a.png"}],
        "allowed_mentions": {"users": [77], "replied_user": True},
        "message_reference": {"message_id": 88, "type": 0},
        "components": [{"type": 5, "id": 3, "default_values": [{"id": 99, "type": "user"}]}],
    }

    assert with_text_ids(body) == {
        "attachments": [{"id": "0", "filename": "a.png"}],
        "allowed_mentions": {"users": ["77"], "replied_user": True},
        "message_reference": {"message_id": "88", "type": 0},
        "components": [{"type": 5, "id": 3, "default_values": [{"id": "99", "type": "user"}]}],
    }


def test_without_the_description_everything_passes(monkeypatch, tmp_path):
    monkeypatch.setattr(openapi, "DESCRIPTION", tmp_path / "missing.json")
    monkeypatch.setattr(openapi, "_contract", openapi._contract.__wrapped__)

    check_request(Request("GET", "/nowhere"))


PICTURE = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}, "description": "A fox"}]}
BUTTONS = {"type": 1, "components": [{"type": 2, "style": 1, "label": "U1", "custom_id": "u1"}]}
CARD = {"type": 17, "components": [{"type": 10, "content": "A fox"}, PICTURE, BUTTONS]}
LAYOUT = {"flags": COMPONENTS_V2, "components": [CARD], "attachments": [{"id": 0}]}

REAL_SEND = ("POST", "/channels/{channel_id}/messages")
REAL_EDIT = ("PATCH", "/webhooks/{application_id}/{token}/messages/@original")
REAL_CALLBACK = ("POST", "/interactions/{id}/{token}/callback")
REAL_SYNC = ("PUT", "/applications/{application_id}/commands")


@needs_description
@pytest.mark.rule("1/openapi")
@pytest.mark.parametrize(
    "request_",
    [
        Request(*REAL_SEND, LAYOUT, ["a.png"]),
        Request(*REAL_EDIT, LAYOUT, ["a.png"]),
        Request("POST", "/webhooks/{application_id}/{token}", {"content": "x", "flags": 64}),
        Request(*REAL_CALLBACK, {"type": 5, "data": {"flags": 64}}),
        Request(*REAL_CALLBACK, {"type": 7, "data": LAYOUT}, ["a.png"]),
        Request(*REAL_CALLBACK, {"type": 8, "data": {"choices": [{"name": "a", "value": "a"}]}}),
        Request(*REAL_SYNC, [{"name": "imagine", "description": "Draw", "type": 1}]),
        Request("POST", "/users/@me/channels", {"recipient_id": 5}),
        Request("GET", "/oauth2/applications/@me"),
    ],
)
def test_real_description_takes_what_the_bot_sends(request_):
    check_request(request_)


@needs_description
@pytest.mark.rule("1/openapi")
@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(*REAL_SEND, {"content": 5}), r"\$\.content"),
        (Request(*REAL_SEND, {"components": [{"type": 10}]}), r"\$\.components\[0\]: 'content'"),
        (Request(*REAL_SEND, {"components": [{"type": 99}]}), r"\$\.components\[0\]"),
        (Request(*REAL_CALLBACK, {"type": 3}), r"\$\.type: 3 is none of"),
        (
            Request(*REAL_CALLBACK, {"type": 9, "data": {"title": "x" * 46}}),
            r"\$\.data\.title: .* is too long",
        ),
        (Request(*REAL_SYNC, [{"description": "Draw"}]), r"\$\[0\]: 'name' is a required"),
        (Request("POST", "/users/@me/channels", {"recipient_id": "mia"}), r"\$\.recipient_id"),
    ],
)
def test_real_description_refuses_what_discord_would(request_, words):
    with pytest.raises(ContractViolation, match=words):
        check_request(request_)
