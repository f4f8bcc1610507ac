"""``make plan``: how many fits every chapter is with the paper's parameters, and how many hours they should take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import fill

from linear_signal.book.chapter_plan import plans_of
from linear_signal.book.parameter_files import parameters_of_file
from linear_signal.book.plan_speeds import SECONDS_PER_KIND, Speed, hours_of, speeds
from linear_signal.crossvalidation.plan import CrossValidationPlan
from linear_signal.crossvalidation.sizes import Work, work_of
from linear_signal.crossvalidation.speed import BYTES_PER_WEIGHT_AND_STEP
from linear_signal.errors import InputError, unknown
from linear_signal.experiment.plan import Plan
from linear_signal.names import counted
from linear_signal.progress import duration

PAPER = "paper"  # the profile that is planned where none is named
BANDWIDTH = 1000.0  # GB/s, about that of a GPU for work stations or data centres of 2018 to 2022

LEFT_OUT = (
    "Hours are of training alone, if no model stops early; most stop long before the last epoch, so that they are an upper "
    "bound where they are calibrated. Left out: getting, reading and scaling the data, removing the signal, judging, "
    "figures, and what a chapter computes beside its plans. Fits that two chapters share are counted in both and computed "
    "once."
)


@dataclass(frozen=True, kw_only=True)
class ChapterPlan:
    """A chapter to be planned: its name, the parameter file that was used, and its plans."""

    name: str
    file: Path
    plans: tuple[Plan, ...]

    @cached_property
    def works(self) -> Counter[Work]:
        """Count the units of cross-validation by what they have to do."""
        plans = [plan for plan in self.plans if isinstance(plan, CrossValidationPlan)]
        return Counter(work_of(unit) for plan in plans for unit in plan.units)

    @property
    def others(self) -> list[Plan]:
        """Its plans of other units than those of cross-validation."""
        return [plan for plan in self.plans if not isinstance(plan, CrossValidationPlan)]

    @property
    def n_fits(self) -> int:
        """Number of trained models that end up in the results tables."""
        return sum(plan.n_fits for plan in self.plans)

    @property
    def n_tuning_fits(self) -> int:
        """Number of models trained only to choose hyperparameters."""
        return sum(plan.n_tuning_fits for plan in self.plans)


def print_plan(
    root: Path,
    *,
    name: str = "",
    parameters: str = "",
    profile: str = PAPER,
    cores: int = 0,
    bandwidth: float = BANDWIDTH,
) -> None:
    """Print the table for one chapter or for all of them.

    Args:
        root: the project's folder.
        name: chapter; empty: all.
        parameters: parameter file of that chapter; empty: ``params/<profile>/<chapter>.yaml``.
        profile: a folder of ``params/``; where all chapters are asked for, those that have a file there.
        cores: CPU hours are those of a machine with so many cores like this one's; 0: of this machine.
        bandwidth: of the memory of a GPU, GB/s, for the bound where no GPU is present.

    Raises:
        InputError: a chapter, profile or file that is not there, a file without a chapter, or a number of cores or a
            bandwidth that is not positive.
    """
    if cores < 0:
        raise InputError(f"CORES is {cores}; it must be 1 or more, or left out for this machine.")
    if not 0 < bandwidth < float("inf"):
        raise InputError(f"BANDWIDTH is {bandwidth}; it must be a positive number of GB/s.")
    chapters = planned_chapters(root, name=name, parameters=parameters, profile=profile)
    works = set().union(*(chapter.works for chapter in chapters))
    kinds = list({work.kind: work for work in sorted(works, key=lambda work: work.train)}.values())
    if kinds:
        seconds = SECONDS_PER_KIND * len(kinds)
        print(f"Measuring on made-up values how fast this machine trains: about {duration(1.5 * seconds)}.", flush=True)
    cpu, gpu = speeds(kinds, bandwidth=bandwidth, cores=cores)
    others = {chapter.name: hours_of(chapter.others, bandwidth=bandwidth, cores=cores) for chapter in chapters}
    unknown_hours = [name for name, hours in others.items() if hours is None]
    table = table_of(chapters, cpu=cpu, gpu=gpu, others=others)
    print("\n".join([*table, "", *_notes(chapters, gpu=gpu, bandwidth=bandwidth, cores=cores, unknown_hours=unknown_hours)]))


def planned_chapters(root: Path, *, name: str = "", parameters: str = "", profile: str = PAPER) -> list[ChapterPlan]:
    """Read the parameters and make the plans of one chapter or of all; errors as of :func:`print_plan`."""
    known = sorted(path.stem for path in (root / "notebooks").glob("*.py"))
    if not known:
        raise InputError(f"{root} has no chapters in notebooks/. Run this in the project's folder.")
    profiles = sorted(path.name for path in (root / "params").glob("*") if path.is_dir())
    if profile not in profiles and not parameters:
        raise unknown("PROFILE", profile, profiles or ["none is there"])
    if parameters and not name:
        raise InputError(f"PARAMS is {parameters!r} without NAME. Use: make plan NAME=20_gtex PARAMS=my.yaml")
    if name and name not in known:
        raise unknown("chapter", name, known)
    chapters, folder = [], Path("params") / profile
    # Paper has every chapter, and one without its file is a mistake; other profiles are of some chapters.
    all_of_them = known if profile == PAPER else [one for one in known if (root / folder / f"{one}.yaml").exists()]
    for chapter in [name] if name else all_of_them:
        file = Path(parameters) if parameters else folder / f"{chapter}.yaml"
        source = root / "notebooks" / f"{chapter}.py"
        plans = plans_of(source, parameters_of_file(source, root / file))
        chapters.append(ChapterPlan(name=chapter, file=file, plans=tuple(plans)))
    return chapters


def table_of(
    chapters: Sequence[ChapterPlan],
    *,
    cpu: Speed,
    gpu: Speed,
    others: Mapping[str, tuple[float, float] | None] | None = None,
) -> list[str]:
    """Write a row per chapter and one for all: fits, tuning fits, hours on a CPU and on a GPU.

    Args:
        chapters: in the order of the rows.
        cpu, gpu: for units of cross-validation.
        others: by chapter, hours of its other units (:func:`hours_of`), None where they are not known.
    """
    rows = [("chapter", "fits", "tuning fits", "CPU hours", "GPU hours")]
    totals = [0.0] * 4
    for chapter in chapters:
        works, more = chapter.works, (others or {}).get(chapter.name, (0.0, 0.0))
        hours = [own + other for own, other in zip((cpu.hours(works), gpu.hours(works)), more or (0.0, 0.0), strict=True)]
        numbers = [chapter.n_fits, chapter.n_tuning_fits, *hours]
        totals = [total + number for total, number in zip(totals, numbers, strict=True)]
        written = _written(numbers, measured=gpu.measured and not chapter.others)
        rows.append((chapter.name, *((*written[:2], "not known", "not known") if more is None else written)))
    if len(chapters) > 1:
        rows.append(("all", *_written(totals, measured=gpu.measured and not any(chapter.others for chapter in chapters))))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]


def _written(numbers: Sequence[float], *, measured: bool) -> tuple[str, str, str, str]:
    fits, tuning, cpu_hours, gpu_hours = numbers
    bound = "" if measured or not gpu_hours else "> "
    return f"{fits:,.0f}", f"{tuning:,.0f}", _number(cpu_hours), f"{bound}{_number(gpu_hours)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}" if value else "0"


def _notes(
    chapters: Sequence[ChapterPlan], *, gpu: Speed, bandwidth: float, cores: int, unknown_hours: Sequence[str]
) -> list[str]:
    notes = ["Sizes:"]
    for chapter in chapters:
        works = list(chapter.works)
        if works:
            plans = [plan for plan in chapter.plans if isinstance(plan, CrossValidationPlan)]
            tasks = {unit.task.name for plan in plans for unit in plan.units}
            sizes = [
                f"{_span([round(work.train) for work in works])} training samples",
                f"{_span([work.genes for work in works])} genes",
                f"{_span([work.classes for work in works])} classes",
            ]
            notes.append(
                f"  {chapter.name}: {counted(len(tasks), 'task')} of {', '.join(sizes)}; parameters of {chapter.file}"
            )
    bound = (
        "'>' marks hours that rest on a lower bound that was not measured: for models trained with "
        f"Adam {BYTES_PER_WEIGHT_AND_STEP} bytes of memory traffic per weight and step at {bandwidth:,.0f} GB/s "
        "(BANDWIDTH=... sets another)"
    )
    if gpu.measured:
        of_gpu = "this machine's GPU, measured on made-up values; what is not trained with Adam counts with its CPU hours."
        if any(chapter.others for chapter in chapters):
            of_gpu += f" {bound}."
    else:
        of_gpu = f"no GPU is present. {bound}; the others count with their CPU hours, which are no bound."
    plans = [plan for chapter in chapters for plan in chapter.plans]
    sources = dict.fromkeys(data.source for plan in plans for unit in plan.units for data in unit.datasets)
    if unknown_hours:
        notes.append(f"Hours of {', '.join(unknown_hours)} are not known; the sum over all chapters leaves them out.")
    notes += [
        f"Data: {'; '.join(sources) or 'none'}.",
        f"CPU hours: {_machine(cores)}, measured on made-up values, beside whatever else it was doing.",
        f"GPU hours: {of_gpu}",
        LEFT_OUT,
    ]
    return [fill(note, 120, subsequent_indent="    ") for note in notes]


def _machine(cores: int) -> str:
    return f"{counted(cores, 'core')} as fast as this machine's" if cores else "this machine"


def _span(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
