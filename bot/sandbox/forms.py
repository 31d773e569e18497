"""What a person does with components: pressing, choosing, filling in a modal."""

from collections.abc import Iterator, Mapping, Sequence

from bot.sandbox import layout
from bot.sandbox.composer import ClientRefused
from bot.sandbox.wire import Json

_ONE: Json = {"min_values": 1, "max_values": 1}
Filled = str | bool | list[str]


def component_to_use(message: Json, custom_id: str) -> Json:
    """Return the component of a message that a person may click.

    Raises:
        ClientRefused: it is not there, disabled, or only opens a link.
    """
    component = layout.find(message["components"], custom_id)
    if component is None:
        raise ClientRefused(f"The message has no component {custom_id}")
    if component.get("disabled"):
        raise ClientRefused(f"{custom_id} is disabled")
    return component


def check_selection(select: Json, values: Sequence[str]) -> None:
    """Check how many were chosen, and for texts that each one is offered.

    Raises:
        ClientRefused: with the words a person would read.
    """
    least, most = select["min_values"], select["max_values"]
    if not least <= len(values) <= most:
        raise ClientRefused(f"Choose {least} to {most}")
    if len(set(values)) != len(values):
        raise ClientRefused("Each option can be chosen once")
    offered = select.get("options")
    if offered is not None:
        known = {option["value"] for option in offered}
        for value in values:
            if value not in known:
                raise ClientRefused(f"{value} is not offered")


class ModalForm:
    """A modal that a person fills in: what it asks, and what it sends."""

    def __init__(self, modal: Json) -> None:
        self._modal = modal
        self.fields: dict[str, Json] = {
            component["custom_id"]: component
            for component in layout.walk(modal["components"])
            if "custom_id" in component
        }

    def check(self, values: Mapping[str, Filled], file_counts: Mapping[str, int]) -> None:
        """Check every field as the client does before it sends.

        Raises:
            ClientRefused: with the words a person would read.
        """
        for custom_id in (*values, *file_counts):
            if custom_id not in self.fields:
                raise ClientRefused(f"The modal has no field {custom_id}")
        for custom_id, field in self.fields.items():
            if field["type"] == layout.TEXT_INPUT:
                _check_text(field, values.get(custom_id, field.get("value") or ""))
            elif field["type"] == layout.FILE_UPLOAD:
                _check_count(field, file_counts.get(custom_id, 0))
            elif field["type"] == layout.RADIO_GROUP:
                chosen = values.get(custom_id)
                _check_choices(field | _ONE, [] if chosen is None else [str(chosen)])
            elif field["type"] != layout.CHECKBOX:
                _check_choices(field, _as_list(values.get(custom_id, _preset(field))))

    def send(self, values: Mapping[str, Filled], file_ids: Mapping[str, list[str]]) -> list[Json]:
        """Return the `components` of the submission."""
        return [self._sent(component, values, file_ids) for component in self._modal["components"]]

    def chosen_ids(self, values: Mapping[str, Filled]) -> Iterator[int]:
        """Yield the ids chosen in user, role and channel selects."""
        for custom_id, field in self.fields.items():
            if field["type"] in layout.SELECTS - {layout.STRING_SELECT}:
                for value in _as_list(values.get(custom_id, _preset(field))):
                    yield int(value)

    def _sent(
        self, component: Json, values: Mapping[str, Filled], file_ids: Mapping[str, list[str]]
    ) -> Json:
        shell: Json = {"type": component["type"], "id": component["id"]}
        if component["type"] == layout.LABEL:
            inner = component["component"]
            return shell | {"component": _answered(inner, values, file_ids)}
        if "components" in component:
            inside = [_answered(inner, values, file_ids) for inner in component["components"]]
            return shell | {"components": inside}
        return shell


def _answered(field: Json, values: Mapping[str, Filled], file_ids: Mapping[str, list[str]]) -> Json:
    custom_id, kind = field["custom_id"], field["type"]
    answer: Json = {"type": kind, "id": field["id"], "custom_id": custom_id}
    if kind == layout.TEXT_INPUT:
        return answer | {"value": values.get(custom_id, field.get("value") or "")}
    if kind == layout.FILE_UPLOAD:
        return answer | {"values": file_ids.get(custom_id, [])}
    if kind == layout.RADIO_GROUP:
        preset = next(iter(_preset(field)), None)
        return answer | {"value": values.get(custom_id, preset)}
    if kind == layout.CHECKBOX:
        return answer | {"value": bool(values.get(custom_id, field.get("default", False)))}
    return answer | {"values": _as_list(values.get(custom_id, _preset(field)))}


def _check_text(field: Json, value: object) -> None:
    longest = field.get("max_length") or 4000
    if not isinstance(value, str):
        raise ClientRefused(f"{field['custom_id']}: Input text")
    if not value and field.get("required", True):
        raise ClientRefused(f"{field['custom_id']}: This field is required")
    if value and len(value) < (field.get("min_length") or 0):
        raise ClientRefused(f"{field['custom_id']}: At least {field['min_length']} characters")
    if len(value) > longest:
        raise ClientRefused(f"{field['custom_id']}: At most {longest} characters")


def _check_count(field: Json, count: int) -> None:
    least = field["min_values"] if field.get("required", True) else 0
    most = field["max_values"]
    if not least <= count <= most:
        raise ClientRefused(f"{field['custom_id']}: Attach {least} to {most} files")


def _check_choices(field: Json, values: Sequence[str]) -> None:
    if not values and not field.get("required", True):
        return
    check_selection(field, values)


def _preset(field: Json) -> list[str]:
    options = field.get("options") or ()
    chosen = [option["value"] for option in options if option.get("default")]
    return chosen or [str(preset["id"]) for preset in field.get("default_values") or ()]


def _as_list(value: Filled) -> list[str]:
    return list(value) if isinstance(value, list) else [str(value)]
