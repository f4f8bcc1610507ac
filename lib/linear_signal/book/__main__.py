"""The commands behind the Makefile: ``python -m linear_signal.book {book,chapters,chapter,assess,plan,measure,render}``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from linear_signal.book.chapter_page import ChapterFailed
from linear_signal.book.engine import Interrupted
from linear_signal.book.home import stay_inside
from linear_signal.book.parameter_readme import write_readme
from linear_signal.book.question import QUESTION, YOUR_DATA, write_question
from linear_signal.book.render import render
from linear_signal.book.run_chapters import run_chapters, run_with_parameters
from linear_signal.errors import InputError

_NEXT = """\
What to try next:
  make chapter NAME=10_simulation PARAMS=params/test/10_simulation.yaml   a chapter with other parameters, as an extra page
  make plan    what every chapter takes at the size of the paper
  make lab     the chapters as notebooks, to change and run cell by cell"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command in the current directory, which must be the project's folder; return the exit status."""
    options = _parser().parse_args(arguments)
    root = Path.cwd()
    stay_inside(root)
    try:
        if options.command == "plan":
            _plan(root, options)
            return 0
        if options.command == "parameters":
            print(f"Written: {write_readme(root)}")
            return 0
        if options.command == "measure":
            _measure(root, options)
            return 0
        if options.command in ("book", "chapters") and run_chapters(root):
            return 1
        page = None
        if options.command == "chapter":
            page = run_with_parameters(root, _given("NAME", options.name), Path(_given("PARAMS", options.parameters)))
        if options.command == "assess":
            page = run_with_parameters(root, YOUR_DATA, write_question(root, vars(options)))
        if options.command != "chapters":
            print(f"The book is at {render(root)}: open that file in a browser.")
        if page:
            print(f"The page is {root / '_build/html/book/runs' / page.with_suffix('.html').name}")
        elif options.command == "book":
            print(_NEXT)
    except (InputError, ChapterFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Interrupted):
        print(f"\n{Interrupted().message}", file=sys.stderr)
        return Interrupted.exit_code
    return 0


def _given(name: str, value: str) -> str:
    if not value:
        raise InputError(f"{name} is missing. Use: make chapter NAME=20_gtex PARAMS=my.yaml")
    return value


def _measure(root: Path, options: argparse.Namespace) -> None:
    from linear_signal.book.measure import Wish, measure
    from linear_signal.book.measured import read_measured

    wish = Wish(
        page=Path(options.page),
        name=options.name,
        chapter=options.chapter,
        title=options.title,
        about=options.about,
        results_folder=options.results,
        sources=_by_name("source", options.source),
        names=_by_name("rename", options.rename),
        files=[Path(file) for file in options.file],
        genuine_only=options.genuine_only,
    )
    folder = measure(root, wish)
    print(f"Measured results: {folder}\n{read_measured(folder.name, folder=folder.parent).origin_line()}")


def _by_name(option: str, given: list[str]) -> dict[str, str]:
    parts = {one: one.partition("=") for one in given}
    for one, (name, _, text) in parts.items():
        if not name.strip() or not text.strip():
            raise InputError(f"--{option} {one!r} is not NAME=TEXT, such as 'your file=GTEx v8'.")
    return {name.strip(): text.strip() for name, _, text in parts.values()}


def _plan(root: Path, options: argparse.Namespace) -> None:
    # This imports all that computes, which takes seconds; the other commands leave it to their kernels.
    from linear_signal.book.plan_table import BANDWIDTH, PAPER, print_plan

    try:
        bandwidth = float(options.bandwidth or BANDWIDTH)
    except ValueError:
        text = f"BANDWIDTH is {options.bandwidth!r}; it must be a number of GB/s, such as {BANDWIDTH:.0f}."
        raise InputError(text) from None
    if not (options.cores or "0").isdecimal():
        raise InputError(f"CORES is {options.cores!r}; it must be a whole number, such as 8.")
    what = {"name": options.name, "parameters": options.parameters, "profile": options.profile or PAPER}
    print_plan(root, **what, cores=int(options.cores or 0), bandwidth=bandwidth)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m linear_signal.book", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("book", help="execute the chapters that are out of date, then render")
    commands.add_parser("chapters", help="execute the chapters that are out of date")
    commands.add_parser("render", help="render the pages from what has been executed")
    chapter = commands.add_parser("chapter", help="execute one chapter with a parameter file into an extra page")
    # Not required for argparse: the Makefile passes them empty, and the message should name what people type there.
    chapter.add_argument("--name", default="", help="such as 20_gtex")
    chapter.add_argument("--parameters", default="", help="YAML file of parameters")
    question = commands.add_parser("assess", help="assess your data, as an extra page")
    for name, says in QUESTION.items():
        question.add_argument(f"--{name}", default="", help=says)
    measured = commands.add_parser("measure", help="turn a finished run on genuine data into small tables that ship")
    measured.add_argument("--page", required=True, help="executed notebook, such as out.ipynb")
    measured.add_argument("--name", required=True, help="folder to make in book/measured, such as gtex_v8_97_genes")
    measured.add_argument("--chapter", default="", help="chapter that the page must be a run of")
    measured.add_argument("--title", default="", help="a few words for headings")
    measured.add_argument("--about", default="", help="one sentence on what was computed")
    measured.add_argument("--results", default="", help="the results folder of the run, where the page does not know it")
    measured.add_argument(
        "--source", action="append", default=[], metavar="NAME=TEXT", help="where a data set comes from, for all to follow"
    )
    measured.add_argument(
        "--rename", action="append", default=[], metavar="NAME=TEXT", help="what a data set is called from now on"
    )
    measured.add_argument("--file", action="append", default=[], help="a file the data were read from; its hash is kept")
    measured.add_argument("--genuine-only", action="store_true", help="leave out the rows on synthetic data")
    commands.add_parser("parameters", help="make the tables of params/README.md anew")
    plan = commands.add_parser("plan", help="count fits and foretell hours, by default with the paper's parameters")
    plan.add_argument("--name", default="", help="one chapter; empty: all of them")
    plan.add_argument("--parameters", default="", help="YAML file for that chapter; empty: the one in params/")
    plan.add_argument("--profile", default="", help="folder of params/ to take; empty: paper")
    plan.add_argument("--cores", default="", help="of the machine to plan for; empty: this one's")
    plan.add_argument("--bandwidth", default="", help="GB/s of a GPU's memory, where no GPU is present")
    return parser


if __name__ == "__main__":
    sys.exit(main())
