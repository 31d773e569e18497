"""The README says what is there: its tables are generated, its files and links exist."""

import asyncio
import re
from pathlib import Path

from tests.readme_page import _PARTS, PAGE, page, parts

ROOT = PAGE.parent
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


async def test_generated_parts_are_up_to_date():
    text = PAGE.read_text(encoding="utf-8")

    assert await asyncio.to_thread(page, text) == text, "run python -m tests.readme_page"


def test_every_generated_part_is_there():
    assert parts(PAGE.read_text(encoding="utf-8")) == set(_PARTS)


def test_links_of_the_documents_lead_somewhere():
    for document in (PAGE, *sorted((ROOT / "docs").glob("*.md"))):
        for link in LINK.findall(document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), (document.name, link)


def test_architecture_names_files_that_exist():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

    named = set(re.findall(r"`((?:bot|cogs|tests|migrations|docs)/[\w/.]+\w)`", text))

    assert len(named) > 15
    assert [name for name in named if not Path(ROOT / name).exists()] == []


def test_architecture_draws_the_layers_that_are_checked():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    gate = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    drawn = text.split("```\n", 2)[1].split("```")[0].split("\n")

    layers = re.search(r'type = "layers"\nlayers = \[(.*?)\]', gate, re.DOTALL)
    checked = re.findall(r'"([^"]+)"', layers[1]) if layers else []

    assert [line for line in drawn if line] == checked
