"""An executed notebook as readers take it along: filled in, and without what JupyterLab does not show of it."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

_RECORD = "application/papermill.record/"
_BLOCK = re.compile(r"```\{glue\} (\w+)\s*\n```")
_TEXT = re.compile(r"\{glue:text\}`(\w+)(?::([^`]*))?`")
# What a figure holds besides the picture that a notebook shows: it is beside the page, and would double its size.
_BESIDE = re.compile(r'<source [^>]*>|<span class="takes".*?</span>', re.DOTALL)
# JupyterLab runs no script of a notebook that comes from elsewhere; what an explorer opens with is there without one.
_SCRIPTS = re.compile(r"<script\b.*?</script>", re.DOTALL)


def taken_along(notebook: str) -> str:
    """Rewrite an executed notebook: prose with its numbers and tables in place, pictures once, no data of scripts.

    What the run glued as text stays in it: parameters, versions and the name of its results table.
    """
    content = json.loads(notebook)
    outputs = [output for cell in content["cells"] for output in cell.get("outputs", [])]
    glued = {output["metadata"]["scrapbook"]["name"]: output["data"] for output in outputs if _is_record(output)}
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = _filled(_whole(cell["source"]), glued)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop(f"{_RECORD}text/html", None)
            if "text/html" in data:
                data["text/html"] = _shown(_whole(data["text/html"]))
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def _is_record(output: dict[str, Any]) -> bool:
    return "name" in output.get("metadata", {}).get("scrapbook", {})


def _whole(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _filled(prose: str, glued: dict[str, dict[str, Any]]) -> str:
    """Write what was glued into prose, where this notebook holds it."""

    def block(match: re.Match[str]) -> str:
        data = glued.get(match[1], {})
        return _shown(_whole(data[f"{_RECORD}text/html"])) if f"{_RECORD}text/html" in data else match[0]

    def text(match: re.Match[str]) -> str:
        data = glued.get(match[1], {})
        if f"{_RECORD}text/plain" not in data:
            return match[0]
        value = ast.literal_eval(_whole(data[f"{_RECORD}text/plain"]))
        return format(value, match[2] or "")

    return _TEXT.sub(text, _BLOCK.sub(block, prose))


def _shown(html: str) -> str:
    without = _BESIDE.sub("", html)
    if 'class="explorer' in without:
        without = _SCRIPTS.sub("", without).replace("<noscript>", "").replace("</noscript>", "")
    return without
