"""What papermill reads YAML with, files and ``-y`` alike: it refuses a name that is there twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from papermill.iorw import NoDatesSafeLoader

from linear_signal.book.papermill_io import ChapterError


def _mapping(loader: yaml.SafeLoader, node: yaml.Node) -> Iterator[dict[Any, Any]]:
    """Make a mapping as YAML does, which of a name that is there twice would silently take the last.

    Raises:
        ChapterError: there is such a name.
    """
    seen = set()
    for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
        if key.value in seen:
            raise ChapterError(f"{key.value[:60]!r} is there twice (line {key.start_mark.line + 1}); leave one of them.")
        seen.add(key.value)
    yield from loader.construct_yaml_map(node)


NoDatesSafeLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
