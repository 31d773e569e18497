"""A JSON body under examination: what is wrong where, and the refusal that becomes of it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast


class ApiError(Exception):
    """A refusal, as Discord's API words it.

    `errors` is the nested report of code 50035: the keys of the body down to `_errors`, a list
    of `{"code", "message"}`.
    """

    def __init__(
        self, status: int, code: int, message: str, errors: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"{status}/{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors

    def body(self) -> dict[str, Any]:
        """Return the JSON of the answer."""
        told: dict[str, Any] = {"message": self.message, "code": self.code}
        return told if self.errors is None else told | {"errors": self.errors}


@dataclass(frozen=True)
class Finding:
    """One thing wrong; `path` leads to it through the body."""

    path: tuple[str, ...]
    code: str
    message: str


@dataclass(frozen=True)
class Part:
    """One object of a body. All parts of a body share their findings, which are told at once.

    The readers note what is wrong and then answer something harmless: no caller checks again.
    """

    value: Mapping[str, Any]
    path: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list[Finding])

    def note(self, code: str, message: str, *, at: str | None = None) -> None:
        """Note that this object, or its member `at`, is wrong."""
        path = self.path if at is None else (*self.path, at)
        self.findings.append(Finding(path, code, message))

    def refuse(self) -> None:
        """Raise what was noted so far; nothing noted, nothing raised.

        Raises:
            ApiError: 400/50035 with every finding, nested as the body is.
        """
        if self.findings:
            raise ApiError(400, 50035, "Invalid Form Body", _nested(self.findings))

    def has(self, key: str) -> bool:
        """Tell whether a member is there and not null."""
        return self.value.get(key) is not None

    def text(self, key: str, *, low: int = 0, high: int) -> str:
        """Read a text of `low` to `high` characters; from 1 on it is required."""
        value = self.value.get(key)
        if value is None:
            self._require(key, low)
            return ""
        if not isinstance(value, str):
            self.note("STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.', at=key)
            return ""
        self._fit(key, len(value), low, high)
        return value

    def whole(self, key: str, *, low: int, high: int, default: int) -> int:
        """Read an integer from `low` to `high`; left out it is `default`."""
        value = self.value.get(key)
        if value is None:
            return default
        if not isinstance(value, int):
            self.note("NUMBER_TYPE_COERCE", f'Value "{value}" is not int.', at=key)
            return default
        if value < low:
            words = f"int value should be greater than or equal to {low}."
            self.note("NUMBER_TYPE_MIN", words, at=key)
        if value > high:
            words = f"int value should be less than or equal to {high}."
            self.note("NUMBER_TYPE_MAX", words, at=key)
        return value

    def one_of(self, key: str, allowed: Collection[int], *, default: int | None = None) -> int:
        """Read one number of a set; 0 when it is none of them."""
        value = self.value.get(key, default)
        if isinstance(value, int) and value in allowed:
            return value
        choices = ", ".join(str(int(number)) for number in sorted(allowed))
        self.note("BASE_TYPE_CHOICES", f"Value must be one of {{{choices}}}.", at=key)
        return 0

    def part(self, key: str) -> "Part":
        """Read a member object; left out it is an empty one."""
        return self._part(self.value.get(key) or {}, key)

    def parts(self, key: str, *, low: int = 0, high: int) -> list["Part"]:
        """Read a list of `low` to `high` objects; from 1 on it is required."""
        value = self.value.get(key)
        if value is None:
            self._require(key, low)
            return []
        if not isinstance(value, list):
            self.note("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType", at=key)
            return []
        members = cast("list[object]", value)
        self._fit(key, len(members), low, high)
        return [self._part(member, key, str(n)) for n, member in enumerate(members)]

    def below(self) -> Iterator["Part"]:
        """Yield every object inside this one, outer before inner, in the order of the body."""
        for path, value in _objects(self.value, self.path):
            yield Part(value, path, self.findings)

    def _part(self, value: object, *keys: str) -> "Part":
        path = (*self.path, *keys)
        if isinstance(value, Mapping):
            return Part(cast("Mapping[str, Any]", value), path, self.findings)
        part = Part({}, path, self.findings)
        part.note("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return part

    def _require(self, key: str, low: int) -> None:
        if low > 0:
            self.note("BASE_TYPE_REQUIRED", "This field is required", at=key)

    def _fit(self, key: str, length: int, low: int, high: int) -> None:
        if low <= length <= high:
            return
        if low == 0:
            self.note("BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.", at=key)
        else:
            words = f"Must be between {low} and {high} in length."
            self.note("BASE_TYPE_BAD_LENGTH", words, at=key)


def _objects(
    value: object, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    for key, member in _members(value):
        if isinstance(member, Mapping):
            yield (*path, key), cast("Mapping[str, Any]", member)
        yield from _objects(cast("object", member), (*path, key))


def _members(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        yield from cast("Mapping[str, object]", value).items()
    elif isinstance(value, list):
        for n, member in enumerate(cast("list[object]", value)):
            yield str(n), member


def _nested(findings: Collection[Finding]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for finding in findings:
        place = tree
        for key in finding.path:
            place = place.setdefault(key, {})
        place.setdefault("_errors", []).append({"code": finding.code, "message": finding.message})
    return tree
