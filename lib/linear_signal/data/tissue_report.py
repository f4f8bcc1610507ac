"""What a table of tissue labels becomes: ``python -m linear_signal.data.tissue_report FILE --column tissue``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from linear_signal.data.text_columns import read_text_columns
from linear_signal.data.tissue_names import PAPER_TISSUES, CleanedLabels, clean_tissues, folded, samples_and_studies
from linear_signal.errors import InputError
from linear_signal.names import counted


def main(arguments: list[str] | None = None) -> int:
    """Print the report for one file; return the exit status."""
    options = _parser().parse_args(arguments)
    columns = [options.column, *([options.study] if options.study else [])]
    try:
        table = read_text_columns(Path(options.file).expanduser(), columns)
        studies = table[options.study].tolist() if options.study else None
        print("\n".join(report(table[options.column].tolist(), studies, min_studies=options.min_studies)))
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def report(labels: Sequence[str], studies: Sequence[str] | None = None, *, min_studies: int = 10) -> list[str]:
    """Count what the cleaning makes of ``labels``: kinds of change, names with samples and studies, what is left as it is.

    Args:
        labels: one per sample, as written.
        studies: one per sample; without them no studies are counted.
        min_studies: studies that a tissue needs to be called common.

    Returns:
        The lines of the report.
    """
    cleaned = clean_tissues(labels)
    written = Counter(label for label, name in zip(labels, cleaned.names.tolist(), strict=True) if name)
    lines = [
        f"{len(labels):,} samples: {written.total():,} with a tissue label in {counted(len(written), 'spelling')}, "
        f"{len(labels) - written.total():,} without.",
        *_kinds_of_change(written, cleaned),
        "",
        *_names(cleaned, studies, min_studies),
        "",
        *_decisions(written, cleaned),
    ]
    if cleaned.unknown:
        named = ", ".join(f"{label!r} {count:,}" for label, count in cleaned.unknown.most_common())
        lines += ["", f"Not in the table, left as they are ({len(cleaned.unknown)}): {named}"]
    return lines


def _kinds_of_change(written: Counter[str], cleaned: CleanedLabels) -> list[str]:
    kinds = {
        "changed by rule (case, blanks, underscores, dashes)": set(cleaned.changed) - cleaned.by_table,
        "changed by the table of names": set(cleaned.by_table),
        "clean as written, known": set(written) - set(cleaned.changed) - set(cleaned.unknown),
        "clean as written, not in the table": set(cleaned.unknown) - set(cleaned.changed),
    }
    counts = {kind: sum(written[label] for label in labels) for kind, labels in kinds.items()}
    return [
        f"  {kind}: {counted(len(labels & set(written)), 'spelling')}, {counted(counts[kind], 'sample')}"
        for kind, labels in kinds.items()
    ]


def _names(cleaned: CleanedLabels, studies: Sequence[str] | None, min_studies: int) -> list[str]:
    names = cleaned.names.tolist()
    counts = samples_and_studies(names, studies if studies is not None else [""] * len(names))
    unknown_names = {folded(label) for label in cleaned.unknown}
    ours = [name for name in PAPER_TISSUES if name in counts]
    others = sorted(set(counts) - set(ours) - unknown_names, key=lambda name: (-counts[name][0], name))
    lines = [f"{'name':<32}{'samples':>9}" + (f"{'studies':>9}" if studies is not None else "")]
    for title, group in (("of the 21 tissues", ours), ("other names of the table", others)):
        lines.append(f"-- {title}: {len(group)}")
        for name in group:
            count, of_studies = counts[name]
            enough = "  common" if studies is not None and of_studies >= min_studies else ""
            lines.append(f"{name:<32}{count:>9,}" + (f"{of_studies:>9,}{enough}" if studies is not None else ""))
    absent = [name for name in PAPER_TISSUES if name not in counts]
    if absent:
        lines.append(f"Of the 21, absent here: {', '.join(absent)}")
    if studies is not None:
        common = [name for name in ours if counts[name][1] >= min_studies]
        lines.append(f"Of the 21, with at least {counted(min_studies, 'study')}: {len(common)}")
        more = [name for name in counts if name not in PAPER_TISSUES and counts[name][1] >= min_studies]
        lines.append(f"Other names with as many: {', '.join(sorted(more)) or 'none'}")
    return lines


def _decisions(written: Counter[str], cleaned: CleanedLabels) -> list[str]:
    lines = ["What the table of names changed:"]
    by_name: dict[str, list[str]] = {}
    for label in sorted(cleaned.by_table & set(written), key=lambda label: (-written[label], label)):
        by_name.setdefault(cleaned.changed[label], []).append(f"{label!r} {written[label]:,}")
    return lines + [f"  {name} <- {', '.join(by_name[name])}" for name in sorted(by_name)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m linear_signal.data.tissue_report", description=__doc__)
    parser.add_argument("file", help="table with commas or tabs, plain or gzip, one row per sample")
    parser.add_argument("--column", required=True, help="the column of tissue labels")
    parser.add_argument("--study", default="", help="the column of studies, to count them")
    parser.add_argument("--min-studies", type=int, default=10, help="studies that a common tissue needs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
