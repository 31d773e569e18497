"""Asking the rules, and reading a refusal as `{"where.it.is": [codes]}`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.sandbox.rules import COMPONENTS_V2, ApiError, Upload, check_message

Findings = dict[str, list[str]]

FILE_LIMIT_BYTES = 10 * 1024 * 1024


def findings(check: Callable[..., None], *args: Any, **options: Any) -> Findings:
    """Return what a check finds in a body, nothing when it is accepted."""
    try:
        check(*args, **options)
    except ApiError as refusal:
        if refusal.errors is None:
            raise
        return dict(_flat(refusal.errors, ()))
    return {}


def sent(
    body: Mapping[str, Any],
    *,
    uploads: Sequence[Upload] = (),
    previous: Mapping[str, Any] | None = None,
) -> Findings:
    """Return what is found in a message, or in an edit of `previous`."""
    return findings(
        check_message,
        body,
        uploads=uploads,
        previous=previous,
        file_limit_bytes=FILE_LIMIT_BYTES,
    )


def laid_out(*components: Mapping[str, Any], **rest: Any) -> Findings:
    """Return what is found in a Components V2 message of these components."""
    return sent({"flags": COMPONENTS_V2, "components": list(components)} | rest)


def both_sides(
    ask: Callable[[int], Findings], most: int, *, least: int | None = None
) -> tuple[Findings, Findings]:
    """Return what is found at a limit (and at the lower one), and one beyond it."""
    fits = ask(most) if least is None else ask(most) | ask(least)
    return fits, ask(most + 1)


def png(name: str = "a.png", size_bytes: int = 1000) -> Upload:
    return Upload(name, size_bytes, "image/png")


def text(content: str = "words") -> dict[str, Any]:
    return {"type": 10, "content": content}


def button(custom_id: str = "press", **rest: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Press", "custom_id": custom_id} | rest


def row(*children: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(children)}


def gallery(*urls: str, **rest: Any) -> dict[str, Any]:
    return {"type": 12, "items": [{"media": {"url": url}} | rest for url in urls]}


def options(count: int) -> list[dict[str, Any]]:
    return [{"label": f"Option {n}", "value": str(n)} for n in range(count)]


def select(custom_id: str = "choose", **rest: Any) -> dict[str, Any]:
    return {"type": 3, "custom_id": custom_id, "options": options(3)} | rest


def _flat(tree: Mapping[str, Any], path: tuple[str, ...]):
    for key, value in tree.items():
        if key == "_errors":
            yield ".".join(path), [each["code"] for each in value]
        else:
            yield from _flat(value, (*path, key))
