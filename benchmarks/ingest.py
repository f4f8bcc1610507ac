"""Reading a GCT file and keeping its most variable genes: ours, ``pandas.read_csv``, and unpacking alone.

Run with ``python -m benchmarks.ingest``. Every reading is a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from linear_signal.seeds import generator

KEPT = 5000


def write_gct(path: Path, *, n_genes: int, n_samples: int) -> None:
    """Write random transcripts per million as GTEx writes them: many zeros, four significant digits, gzip."""
    random = generator("benchmarks", "ingest", n_genes, n_samples)
    levels = np.geomspace(1e-3, 1e5, 40_000)
    written = np.array([b"0", *(f"{level:.4g}".encode() for level in levels)], dtype=object)
    steps_per_unit = len(levels) / np.log(levels[-1] / levels[0])
    with gzip.open(path, "wb", compresslevel=4) as file:
        samples = "\t".join(f"GTEX-{sample:05d}-0226-SM-{sample:05d}" for sample in range(n_samples))
        file.write(f"#1.2\n{n_genes}\t{n_samples}\nName\tDescription\t{samples}\n".encode())
        for gene in range(n_genes):
            # Half of the genes are hardly expressed; what is below the first level is zero, a third of all values.
            middle = random.normal(-7.5, 1) if gene % 2 else random.normal(2, 2)
            numbers = ((random.normal(middle, 0.8, n_samples) - np.log(levels[0])) * steps_per_unit).astype(int)
            line = b"\t".join(written[np.clip(numbers, 0, len(levels))])
            file.write(f"ENSG{gene:011d}.1\tGENE{gene}\t".encode() + line + b"\n")


def read_ours(path: Path, n_kept: int) -> None:
    """Read as the GTEx loader does: one pass, scaled, the most variable genes kept."""
    from linear_signal.data.gct import GctReader
    from linear_signal.data.preprocessing import MostVariableGenes

    with GctReader(path) as reader:
        chosen = MostVariableGenes(min(n_kept, reader.n_genes), n_samples=len(reader.sample_ids))
        for gene_ids, values in reader.blocks():
            chosen.add(gene_ids, values)
    chosen.result()


def read_with_pandas(path: Path) -> None:
    """Read the table alone, nothing scaled or chosen: the types are given, so that pandas need not guess them."""
    import pandas as pd

    columns = pd.read_csv(path, sep="\t", skiprows=2, nrows=0).columns
    types = dict.fromkeys(columns[2:], np.float32)
    pd.read_csv(path, sep="\t", skiprows=2, index_col="Name", usecols=lambda name: name != "Description", dtype=types)


def unpack(path: Path) -> None:
    """Unpack into nothing."""
    subprocess.run(["gzip", "-dc", str(path)], stdout=subprocess.DEVNULL, check=True)


READERS = {"ours": lambda path: read_ours(path, KEPT), "pandas": read_with_pandas}
WAYS = (*READERS, "gzip -dc")


def peak_memory(way: str, path: Path) -> float:
    """Read in a process of its own and return its peak memory in megabytes."""
    command = [sys.executable, "-m", "benchmarks.ingest", "--read", way, str(path)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def own_peak_memory() -> float:
    """Peak memory of this process in megabytes."""
    # Not getrusage: its maximum also counts the parent, whose memory a new process has until it starts its program.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def compare(sizes: list[tuple[int, int]], *, repeats: int) -> None:
    """Time all ways on a generated file of each size, (genes, samples), and report."""
    # Imported here, so that the processes that read hold nothing but what reading needs.
    from benchmarks.measure import ratio, report, side_by_side, spread

    rows, raw = [], {}
    for n_genes, n_samples in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "generated.gct.gz"
            write_gct(path, n_genes=n_genes, n_samples=n_samples)
            megabytes = path.stat().st_size / 1e6
            peaks: dict[str, list[float]] = {way: [] for way in WAYS}

            def read(way: str, path: Path = path, peaks: dict[str, list[float]] = peaks) -> None:
                if way in READERS:
                    peaks[way].append(peak_memory(way, path))
                else:
                    unpack(path)

            seconds = side_by_side({way: lambda way=way: read(way) for way in WAYS}, repeats=repeats)
        size = f"{n_genes:,} x {n_samples:,}"
        raw[size] = {"seconds": seconds, "peak megabytes": peaks}
        for way in WAYS:
            rows.append(
                {
                    "genes x samples": size,
                    "file (MB)": round(megabytes),
                    "way": way,
                    "seconds": spread(seconds[way]),
                    "peak memory (MB)": spread(peaks[way], 0) if way in READERS else "",
                    "time of pandas / this": spread(list(ratio(seconds["pandas"], seconds[way]))),
                    "this / time of gzip -dc": spread(list(ratio(seconds[way], seconds["gzip -dc"]))),
                }
            )
    report("ingest", rows, raw=raw)


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="an eighth of the genes")
    parser.add_argument("--tiny", action="store_true", help="seconds; the numbers mean nothing")
    parser.add_argument("--repeats", type=int, default=3, help="times each way reads each file (default: 3)")
    parser.add_argument("--read", nargs=2, metavar=("WAY", "FILE"), help="read once and print the peak memory in megabytes")
    options = parser.parse_args(arguments)
    if options.read:
        READERS[options.read[0]](Path(options.read[1]))
        print(own_peak_memory())
    elif options.tiny:
        compare([(40, 30)], repeats=1)
    elif options.quick:
        compare([(7025, 2000)], repeats=options.repeats)
    else:
        compare([(14_050, 2000), (56_200, 2000)], repeats=options.repeats)


if __name__ == "__main__":
    main()
