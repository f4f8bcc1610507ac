"""The commands behind the Makefile: ``python -m linear_signal.page {book,chapters,chapter,render}``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from linear_signal.errors import InputError
from linear_signal.page.book import ChapterFailed, run_chapters, run_with_parameters
from linear_signal.page.render import render


def main(arguments: list[str] | None = None) -> int:
    """Run one command in the current directory, which must be the project's folder; return the exit status."""
    options = _parser().parse_args(arguments)
    root = Path.cwd()
    try:
        if options.command in ("book", "chapters") and run_chapters(root):
            return 1
        page = None
        if options.command == "chapter":
            page = run_with_parameters(root, _given("NAME", options.name), Path(_given("PARAMS", options.parameters)))
        if options.command != "chapters":
            print(f"The book is at {render(root)}")
        if page:
            print(f"The page is {root / '_build/html/book/runs' / page.with_suffix('.html').name}")
    except (InputError, ChapterFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _given(name: str, value: str) -> str:
    if not value:
        raise InputError(f"{name} is missing. Use: make chapter NAME=20_gtex PARAMS=my.yaml")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m linear_signal.page", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("book", help="execute the chapters that are out of date, then render")
    commands.add_parser("chapters", help="execute the chapters that are out of date")
    commands.add_parser("render", help="render the pages from what has been executed")
    chapter = commands.add_parser("chapter", help="execute one chapter with a parameter file into an extra page")
    # Not required for argparse: the Makefile passes them empty, and the message should name what people type there.
    chapter.add_argument("--name", default="", help="such as 20_gtex")
    chapter.add_argument("--parameters", default="", help="YAML file of parameters")
    return parser


if __name__ == "__main__":
    sys.exit(main())
