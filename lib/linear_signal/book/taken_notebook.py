"""An executed notebook as readers take it along: filled in, and without what JupyterLab does not show of it."""

from __future__ import annotations

import ast
import json
import re
from base64 import b64encode
from typing import Any

_RECORD = "application/papermill.record/"
_WIDGET = "application/vnd.jupyter.widget-view+json"
_BLOCK = re.compile(r"```\{glue\} (\w+)\s*\n```")
_TEXT = re.compile(r"\{glue:text\}`(\w+)(?::([^`]*))?`")
# What a figure holds besides the picture that a notebook shows: it is beside the page, and would double its size.
_BESIDE = re.compile(r'<source [^>]*>|<span class="takes".*?</span>', re.DOTALL)
# JupyterLab shows no script, style or drawing in the HTML of a notebook that comes from elsewhere, but pictures.
_NOT_SHOWN = re.compile(r"<(script|style)\b.*?</\1>|</?noscript>", re.DOTALL)
_STILL = re.compile(r'<svg viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*? aria-label="([^"]*)".*?</svg>', re.DOTALL)


def taken_along(notebook: str) -> str:
    """Rewrite an executed notebook: prose with its numbers and tables in place, pictures once, no data of scripts.

    What the run glued as text stays in it: parameters, versions and the name of its results table.
    """
    content = json.loads(notebook)
    content["metadata"].pop("widgets", None)  # a widget needs a kernel, or a package that another JupyterLab may not have
    outputs = [output for cell in content["cells"] for output in cell.get("outputs", [])]
    glued = {output["metadata"]["scrapbook"]["name"]: output["data"] for output in outputs if _is_record(output)}
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = _filled(_whole(cell["source"]), glued)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for kind in (f"{_RECORD}text/html", *([_WIDGET] if "text/html" in data else [])):
                data.pop(kind, None)
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
    return _STILL.sub(_as_picture, _NOT_SHOWN.sub("", without)) if 'class="explorer' in without else without


def _as_picture(still: re.Match[str]) -> str:
    """Turn the view that an explorer opens with into a picture."""
    svg = still[0].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).encode()
    width, height, says = still.groups()
    return (
        f'<img src="data:image/svg+xml;base64,{b64encode(svg).decode()}" alt="{says}" width="{width}" height="{height}" '
        'style="background:white;max-width:100%;height:auto">'
    )
