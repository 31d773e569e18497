"""The website's side of the CivitAI stand-in: who one is, and what others have published."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from tests.standins.civitai_wire import refusal_of_key

ECOSYSTEMS = {"Flux.1 D": "flux1", "SDXL 1.0": "sdxl", "Pony": "sdxl", "SD 1.5": "sd1"}
TYPES = {"LORA": "lora", "LoCon": "lycoris", "DoRA": "dora", "Checkpoint": "checkpoint"}
_MOST = 100


def model(number: int, **more: Any) -> dict[str, Any]:
    """Return an item of the search; its only version is 300000 more than the model's id."""
    version = {
        "id": 300_000 + number,
        "name": "v1",
        "baseModel": "Flux.1 D",
        "trainedWords": ["lghths"],
        "supportsGeneration": True,
        "stats": {"downloadCount": 10 * number},
        "images": [
            {"url": f"https://image.example/{number}-x.jpeg", "nsfwLevel": 8, "type": "image"},
            {"url": f"https://image.example/{number}.mp4", "nsfwLevel": 1, "type": "video"},
            {"url": f"https://image.example/{number}.jpeg", "nsfwLevel": 1, "type": "image"},
        ],
        **more.pop("version", {}),
    }
    return {
        "id": 200_000 + number,
        "name": f"Lighthouse Style {number}",
        "description": "<p>style</p><script>alert(1)</script>",
        "type": "LORA",
        "nsfw": False,
        "nsfwLevel": 1,
        "supportsGeneration": True,
        "stats": {"downloadCount": 10 * number},
        "creator": {"username": "acme", "image": None},
        "modelVersions": [version],
        **more,
    }


class Library:
    """What the website has, and the rules of its search. `models` may be changed at any time."""

    def __init__(self) -> None:
        self.models: list[dict[str, Any]] = [model(number) for number in range(1, 4)]
        self.account = {"id": 4242, "username": "acme", "tier": "free", "status": "active"}
        self.is_strict = True
        """Whether the search keeps to its filters, which text search does not always do."""
        self.is_endless = False
        """Whether every page names a next one, the last one itself."""

    def me(self, request: web.Request) -> web.Response:
        if refusal_of_key(request) is not None:
            return web.json_response({"error": "Unauthorized"}, status=401)
        return web.json_response(self.account)

    def search(self, request: web.Request) -> web.Response:
        query = request.query
        fault = _fault_in(query)
        if fault is not None:
            return fault
        found = [one for one in self.models if not self.is_strict or _fits(one, request)]
        start, size = int(query.get("cursor", 0)), int(query.get("limit", _MOST))
        metadata: dict[str, Any] = {"pageSize": size}
        if start + size < len(found):
            # A neighbour's address: whoever follows it takes the key there.
            metadata |= {"nextCursor": str(start + size), "nextPage": "http://127.0.0.1:9/next"}
        elif self.is_endless:
            metadata["nextCursor"] = str(start)
        return web.json_response({"items": found[start : start + size], "metadata": metadata})

    def version(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        for item in self.models:
            for version in item["modelVersions"]:
                if str(version["id"]) == wanted:
                    return web.json_response(_alone(item, version))
        return web.json_response({"error": f"No model version with id {wanted}"}, status=404)


def _fault_in(query: Mapping[str, str]) -> web.Response | None:
    if "query" in query and "page" in query:
        text = "Cannot use page param with query search. Use cursor-based pagination."
        return web.json_response({"error": text}, status=400)
    if int(query.get("page", 1)) * int(query.get("limit", _MOST)) > 1000:
        text = "You've requested too many pages, please use cursors instead"
        return web.json_response({"error": text}, status=429)
    if not 1 <= int(query.get("limit", _MOST)) <= _MOST:
        issues = [{"path": ["limit"], "message": "Number must be less than or equal to 100"}]
        return web.json_response({"error": {"issues": issues, "name": "ZodError"}}, status=400)
    return None


def _fits(item: Mapping[str, Any], request: web.Request) -> bool:
    query = request.query
    bases = {version["baseModel"] for version in item["modelVersions"]}
    return (
        query.get("query", "").lower() in item["name"].lower()
        and item["type"] in _wanted(query.getall("types", []), item["type"])
        and bool(bases & set(query.getall("baseModels", [])) or "baseModels" not in query)
        and (query.get("nsfw", "false") == "true" or not item["nsfw"])
        and (query.get("supportsGeneration") != "true" or item["supportsGeneration"])
    )


def _wanted(types: Sequence[str], usual: str) -> set[str]:
    return {one for text in types for one in text.split(",")} or {usual}


def _alone(item: Mapping[str, Any], version: Mapping[str, Any]) -> dict[str, Any]:
    """Return a version as its own route gives it: with its AIR, without what is the model's."""
    base, kind = ECOSYSTEMS.get(version["baseModel"], "other"), TYPES.get(item["type"], "lora")
    facts = {name: item[name] for name in ("name", "type", "nsfw")}
    air = f"urn:air:{base}:{kind}:civitai:{item['id']}@{version['id']}"
    return {"air": air, "modelId": item["id"], "model": facts, **version}
