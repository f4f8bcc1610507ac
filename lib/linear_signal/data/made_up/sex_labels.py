"""Synthetic sex labels of synthetic runs, as the table that Flynn, Chang & Altman 2021 published, with its errors."""

from __future__ import annotations

import numpy as np

from linear_signal.data.made_up.studies import SyntheticStudies
from linear_signal.seeds import generator

# Share of labels that name the other sex. Metadata sex is wrong in 2 to 5 % of samples by Flynn, Chang & Altman 2021 (BMC
# Bioinformatics 22:168, abstract); 2.5 % is our choice.
WRONG = 0.025
COLUMNS = (
    *("sample_acc", "organism", "data_type", "platform", "study_acc"),
    *("metadata_sex", "expr_sex", "p_male", "present", "num_reads"),
)
_UNKNOWN, _MIXED = 0.2, 0.01  # share of the runs for which the metadata say so
_REPEATED, _CONFLICTING = 5, 3  # runs with a second row that says the same, or the contrary
# Rows of samples that are not in the mirror.
_ELSEWHERE = {("human", "rnaseq"): 40, ("human", "microarray"): 60, ("mouse", "rnaseq"): 40, ("mouse", "microarray"): 30}


def sex_table(studies: SyntheticStudies, *, seed: int) -> str:
    """Write the table, comma separated: the runs of the studies, and other samples, in random order."""
    random = generator("synthetic sex labels", seed)
    n_runs = len(studies.runs)
    truth = np.where(studies.female, "female", "male")
    known = random.random(n_runs) >= _UNKNOWN + _MIXED
    labelled = random.permutation(np.flatnonzero(known))
    wrong, right = np.split(labelled, [round(WRONG * len(labelled))])
    said = np.where(known, truth, np.where(random.random(n_runs) < _MIXED / (_UNKNOWN + _MIXED), "mixed", "unknown"))
    said[wrong] = _opposite(truth[wrong])
    repeated, conflicting = right[:_REPEATED], right[_REPEATED : _REPEATED + _CONFLICTING]
    runs = np.concatenate([np.arange(n_runs), repeated, conflicting])
    said = np.concatenate([said, said[repeated], _opposite(said[conflicting])])
    rows = [
        _row(random, studies.runs[run], "human", "rnaseq", studies.accessions[studies.study[run]], sex, truth[run])
        for run, sex in zip(runs.tolist(), said.tolist(), strict=True)
    ]
    for organism, data_type in _ELSEWHERE:
        rows += _elsewhere(random, organism, data_type)
    return "\n".join([",".join(COLUMNS), *(rows[row] for row in random.permutation(len(rows)))]) + "\n"


def _elsewhere(random: np.random.Generator, organism: str, data_type: str) -> list[str]:
    run, study = ("SRR99{}", "SRP99{}") if data_type == "rnaseq" else ("GSM99{}", "GSE99{}")
    # One range of numbers for people, one for mice.
    first = 700_001 if organism == "human" else 800_001
    rows = []
    for number in range(first, first + _ELSEWHERE[organism, data_type]):
        truth = random.choice(["female", "male"])
        said = truth if random.random() < 0.5 else random.choice(["unknown", "mixed"], p=[0.9, 0.1])
        rows.append(_row(random, run.format(number), organism, data_type, study.format(number // 10), said, truth))
    return rows


def _row(random: np.random.Generator, sample: str, organism: str, data_type: str, study: str, said: str, truth: str) -> str:
    if data_type == "rnaseq":
        platform, present, reads = "Illumina HiSeq 2500", "TRUE", str(random.integers(10**6, 10**8))
    else:
        platform, present, reads = "hgu133plus2" if organism == "human" else "mouse4302", "NA", "NA"
    p_male = random.uniform(0.9, 1) if truth == "male" else random.uniform(0, 0.1)
    return ",".join([sample, organism, data_type, platform, study, said, truth, f"{p_male:.4f}", present, reads])


def _opposite(sexes: np.ndarray) -> np.ndarray:
    return np.where(sexes == "female", "male", "female")
