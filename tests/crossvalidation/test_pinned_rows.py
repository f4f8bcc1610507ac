"""What stored results rest on: fingerprints, keys and rows of tiny tasks, as they were when every task was a copy."""

import hashlib
from dataclasses import replace

import pytest

from linear_signal.crossvalidation import unit
from linear_signal.crossvalidation.plan import make_plan
from linear_signal.data.splits import find_split
from linear_signal.data.tasks import binary_pairs, make_task, permute_labels
from linear_signal.data.transfer import transfer_tasks
from tiny_experiment import donors_dataset, donors_task, tiny_design, tiny_task

# (task, split): (fingerprint, digest of all keys of a plan, its first key, digest of all rows of five folds)
PINNED = {
    ("simulated", "group"): ("86cbef01d97f1c92", "5a7d8ded61f6b132", "18f2e88da5189298cfea4b0f", "4f3b3358fbd7ae06"),
    ("simulated", "sample"): ("86cbef01d97f1c92", "54842df1e47f969f", "47bc8c4af17b67e0a501a805", "c01ce9ad3a79b1a7"),
    ("all", "group"): ("be3567d327f3492c", "dba67c76f5e6479f", "496eed64ecb75bef069c2fd1", "da2cc91e4885f1fd"),
    ("all", "sample"): ("be3567d327f3492c", "163f30f26ff0977c", "b266e1a5969e7af5147cfc36", "9301b7425dd0e69c"),
    ("A vs B", "group"): ("980368ab668b3ce2", "8d63da96ff0ad910", "e4133ff8b0ee3d504abf59cf", "a3f38c9706c0e565"),
    ("A vs B", "sample"): ("980368ab668b3ce2", "1c31cf07d9087195", "c12f9c53af5e3ffe334d4d84", "34523a91c84da1b4"),
    ("A vs C", "group"): ("61559390fcc97118", "67430f033f0cc532", "13280f72ae2220e9d72275d5", "684023eed2147a5f"),
    ("A vs C", "sample"): ("61559390fcc97118", "d082c1c4ea6da7b2", "366179029ee37e8f5c23a998", "f65c501f87cf478a"),
    ("B vs C", "group"): ("4fa2aeb21544da29", "2c7f0ad5efd330d3", "fd335b251c375702edf19933", "e6489d3da1a538eb"),
    ("B vs C", "sample"): ("4fa2aeb21544da29", "63dc6c4f2595c828", "ca3700795908101b42c86120", "46fe3de86fbaf0fb"),
    ("permuted", "group"): ("860f99f3f66e49c6", "c42d1d40e2ea213b", "616b2c772cad24556f6090f1", "5c2b7fbf3de01593"),
    ("permuted", "sample"): ("860f99f3f66e49c6", "cb787de24b991f81", "f3ee85eb2759eb8a20bc1deb", "bbb181368a429ea2"),
    ("transfer", "transfer"): ("8787d3098864307b", "58a1f20aaccb5c48", "aa78250e9b53ea4660a73212", "f0c4902d1d2dd490"),
    ("back", "transfer"): ("8d8965fd6b204728", "6f2bfc53bd0689bf", "85de2f0b106ad8a17f71f600", "f865b7d3c7a57777"),
}


def made(name):
    if name == "simulated":
        return tiny_task()
    if name == "all":
        return donors_task("all", 3)
    if name in ("transfer", "back"):
        moved = replace(
            donors_dataset(),
            name="studies",
            expression=donors_dataset().expression + 1,
            samples=donors_dataset().samples.add_prefix("T", axis=0),
        )
        sides = (donors_task(), make_task(moved, name="A vs B", group="donor"))
        both = transfer_tasks(*sides, names=("donors to studies", "studies to donors"))
        return both[name == "back"]
    pairs = {task.name: task for task in binary_pairs(donors_dataset(3), ["A", "B", "C"], group="donor")}
    return permute_labels(pairs["A vs C"], seed=3) if name == "permuted" else pairs[name]


def digest_of_rows(task, split):
    digest = hashlib.sha256()
    for seed in (0, 1):
        folds = split.folds(task, n_folds=5, seed=seed)
        for number, fold in enumerate(folds):
            for one in (fold, split.with_pretraining(folds, number), *split.inner_folds(folds, number, n_inner=4)):
                for rows in (one.train, one.validation, one.left_out, one.pretrain):
                    digest.update(rows.astype("int64").tobytes() + b"|")
            for rows in split.tune_set(task, fold.train, names=("pin", number)) or ():
                digest.update(rows.astype("int64").tobytes())
    return digest.hexdigest()[:16]


@pytest.mark.parametrize(("name", "split"), PINNED)
def test_a_view_is_known_by_what_the_copy_was_known_by(name, split, monkeypatch):
    monkeypatch.setattr(unit, "NUMERICS_VERSION", 3)  # of these keys; another version has others
    task = made(name)
    plan = make_plan(
        [task],
        models=["exact_logistic_regression", "three_layer"],
        signals=["removed"],
        seeds=[1],
        design=tiny_design(split=split),
    )
    keys = [one.key for one in plan.units]
    of_all = hashlib.sha256(" ".join(keys).encode()).hexdigest()[:16]
    assert (task.fingerprint, of_all, keys[0], digest_of_rows(task, find_split(split))) == PINNED[name, split]
