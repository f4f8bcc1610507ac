"""A row of a results table leads back to everything its unit left, and to the code, data and machine it came from."""

import doctest
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import linear_signal
from linear_signal.book import run_table
from linear_signal.book.parameters import Parameters
from linear_signal.data.signal_removal import limma_available, limma_versions
from linear_signal.errors import InputError
from linear_signal.experiment.provenance import UNKNOWN, code_version, is_modified, read_commit, run_record
from linear_signal.experiment.run import RUN_COLUMNS, run
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.trace import main, trace
from linear_signal.numbers import accuracy
from linear_signal.stored_names import signal_and_pretraining
from tiny_experiment import tiny_plan, tiny_task

PROJECT = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = shutil.which("git")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Run the tiny plan with two inner folds, so that a mean over them is one."""
    store = ResultsStore(tmp_path_factory.mktemp("trace") / "results")
    return run(tiny_plan(n_inner_folds=2, max_epochs=4), store=store, device="cpu", say=None)


@pytest.fixture
def copied(results, tmp_path):
    """Return a copy of the store that a test may damage."""
    shutil.copytree(results.store.folder, tmp_path / "store")
    return ResultsStore(tmp_path / "store")


def of_unit(table, key, like):
    """Cut a table of all units to the rows and columns that the archive of one unit holds."""
    return table[table["key"] == key].reset_index(drop=True).reindex(columns=like.columns)


def test_every_row_leads_to_everything_its_unit_left(results):
    predictions = results.from_store("predictions")
    whole = {name: getattr(results, name) for name in ("fits", "trials", "trial_folds", "epochs")}
    for _, row in results.fits.iterrows():
        found = results.trace(row)
        assert found.key == row["key"]
        for name, table in {**whole, "predictions": predictions}.items():
            of_archive = getattr(found, name)
            pd.testing.assert_frame_equal(
                of_unit(table, found.key, of_archive), of_archive, check_exact=True, check_dtype=False
            )
        for name in ("task", "model", "seed", "fold"):
            assert found.settings[name] == row[name]
        assert signal_and_pretraining(found.settings["condition"]) == (row["signal"], row["pretraining"])
        assert found.settings["fingerprint"] == found.data["fingerprint"] == tiny_task().fingerprint
        assert (found.device, found.finished, found.seconds) == (row["device"], row["finished"], row["seconds"])
        chosen = found.trials[found.trials["chosen"]].iloc[0]
        for name in ("learning_rate", "weight_decay"):
            np.testing.assert_equal(found.fits[name].unique(), [chosen[name]])


def test_the_loss_of_a_trial_is_the_mean_of_its_inner_folds(results):
    for key, trials in results.trials.groupby("key"):
        found = results.trace(key)
        means = found.trial_folds.groupby("trial")[["loss", "balanced_accuracy"]].mean()
        np.testing.assert_allclose(means["loss"], trials["inner_loss"], rtol=1e-12)
        np.testing.assert_allclose(means["balanced_accuracy"], trials["inner_balanced_accuracy"], rtol=1e-12)
        assert found.trial_folds.groupby("trial")["inner_fold"].apply(list).tolist() == [[0, 1]] * len(trials)
        assert found.trial_folds[["fit_samples", "judged_samples"]].min(axis=None) > 0


def test_the_epochs_of_the_tuning_fits_are_kept_and_agree_with_their_trials(results):
    with_epochs = 0
    for key in results.fits["key"].unique():
        found = results.trace(key)
        if found.settings["model"] == "exact_logistic_regression":
            assert found.tuning_epochs.empty
            assert (found.trial_folds["epochs"] == 0).all()
            continue
        with_epochs += 1
        epochs = found.tuning_epochs.set_index(["trial", "inner_fold"])
        assert epochs.index.nunique() == len(found.trial_folds) == 4
        for fit in found.trial_folds.itertuples():
            of_fit = epochs.loc[(fit.trial, fit.inner_fold)]
            assert of_fit["epoch"].tolist() == list(range(1, fit.epochs + 1))
            assert fit.best_epoch == of_fit["tune_loss"].to_numpy().argmin() + 1
            assert of_fit["train_loss"].notna().all()
    assert with_epochs == 12


def test_the_record_names_data_code_threads_and_versions(results):
    found = results.trace(results.fits["key"].iloc[0])
    dataset = tiny_task().dataset
    assert found.data["source"] == dataset.source
    assert (found.data["samples"], found.data["genes"], found.data["synthetic"]) == (60, 12, True)
    assert found.threads["torch"] == 1
    assert found.threads["cores"] == os.cpu_count()
    assert found.versions["torch"] == torch.__version__
    assert found.versions["numpy"] == np.__version__
    assert not {"R", "limma"} & set(found.versions)
    assert found.code == code_version()
    assert len(found.code["digest"]) == 16
    text = str(found)
    for part in (found.key, found.data["fingerprint"], found.code["digest"], found.settings["model"]):
        assert part in text


def test_an_untuned_unit_says_so(tmp_path):
    plan = tiny_plan(models=["logistic_regression"], signals=["full"], n_trials=0)
    found = run(plan, store=ResultsStore(tmp_path), device="cpu", say=None).trace(plan.units[0].key)
    assert found.trials.empty
    assert found.tuning_epochs.empty
    assert (found.fits[["learning_rate", "weight_decay"]] == (1e-3, 0.0)).all(axis=None)
    assert "trials (0 rows)" in str(found)


@pytest.mark.skipif(bool(limma_available()), reason="no R or limma")
def test_r_and_limma_are_named_where_they_had_a_part():
    plan = tiny_plan(models=["logistic_regression", "three_layer"], removal_engine="limma")
    named = {(unit.model, unit.signal): run_record(unit, torch.device("cpu"), seconds=1)["versions"] for unit in plan.units}
    assert not {"R", "limma", "rpy2"} & set(named["three_layer", "full"])
    # A linear model that learnt from the full signal is judged on removed validation samples as well.
    for place in [("three_layer", "removed"), ("logistic_regression", "removed"), ("logistic_regression", "full")]:
        assert {name: named[place][name] for name in ("R", "limma", "rpy2")} == limma_versions()
    assert all(text[0].isdigit() for text in limma_versions().values())


def test_the_package_of_a_classifier_is_named():
    plan = tiny_plan(models=["tiny_experiment.KilledInFit"], signals=["full"])
    assert run_record(plan.units[0], torch.device("cpu"), seconds=1)["versions"]["tiny_experiment"] == UNKNOWN


def checkout(folder, *, head, files):
    (folder / ".git").mkdir(parents=True)
    (folder / ".git/HEAD").write_text(head)
    for name, text in files.items():
        path = folder / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("head", "files", "commit"),
    [
        ("ref: refs/heads/main\n", {"refs/heads/main": f"{COMMIT}\n"}, COMMIT),
        (
            "ref: refs/heads/a/b\n",
            {"packed-refs": f"# pack-refs\n{'f' * 40} refs/heads/b\n{COMMIT} refs/heads/a/b\n"},
            COMMIT,
        ),
        (f"{COMMIT}\n", {}, COMMIT),
        ("ref: refs/heads/main\n", {}, UNKNOWN),
        ("ref: refs/heads/main\n", {"packed-refs": f"{COMMIT} refs/heads/other\n"}, UNKNOWN),
        ("ref: refs/heads/main\n", {"refs/heads/main": "nonsense\n"}, UNKNOWN),
        ("", {}, UNKNOWN),
    ],
)
def test_the_commit_is_read_without_git(tmp_path, head, files, commit):
    assert read_commit(checkout(tmp_path, head=head, files=files)) == commit


def test_the_commit_of_a_linked_worktree_is_read(tmp_path):
    main_tree = checkout(tmp_path / "main", head="ref: refs/heads/main\n", files={"refs/heads/side": f"{COMMIT}\n"})
    own = main_tree / ".git/worktrees/side"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/side\n")
    (own / "commondir").write_text("../..\n")
    (tmp_path / "side").mkdir()
    (tmp_path / "side/.git").write_text(f"gitdir: {own}\n")
    assert read_commit(tmp_path / "side") == COMMIT


def git(folder, *arguments):
    named = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run([GIT, "-C", str(folder), *named, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(GIT is None, reason="no git")
def test_a_changed_file_shows_and_without_git_it_is_unknown(tmp_path, monkeypatch):
    git(tmp_path, "init", "-q")
    (tmp_path / "code.py").write_text("a = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    assert read_commit(tmp_path) == git(tmp_path, "rev-parse", "HEAD").strip()
    assert is_modified(tmp_path) is False
    (tmp_path / "code.py").write_text("a = 2\n")
    assert is_modified(tmp_path) is True
    monkeypatch.setenv("PATH", "/nonexistent")
    assert is_modified(tmp_path) == UNKNOWN


def test_an_installed_library_belongs_to_no_checkout_and_its_digest_names_it(tmp_path):
    # As pip would lay it out inside somebody's own checkout.
    checkout(tmp_path, head=f"{COMMIT}\n", files={})
    library = tmp_path / "site-packages/linear_signal"
    shutil.copytree(Path(linear_signal.__file__).parent, library, ignore=shutil.ignore_patterns("__pycache__"))
    script = """if True:
        from linear_signal import seeds
        from linear_signal.experiment.provenance import code_version
        print(code_version()["commit"], code_version()["digest"])
        with open(seeds.__file__, "a") as file:
            file.write("# changed")
        print(code_version()["digest"])
        code_version.cache_clear()
        print(code_version()["digest"])
    """
    environment = os.environ | {"PYTHONPATH": str(library.parent)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, text=True, capture_output=True, check=True)
    commit, digest, same, changed = done.stdout.split()
    assert (commit, digest) == (UNKNOWN, code_version()["digest"])
    assert same == digest, "what was imported does not change with the file"
    assert changed != digest


def test_what_cannot_be_traced_is_said(results, copied):
    key = copied.keys()[0]
    with pytest.raises(InputError, match=r"no result with the key 'feedfeed'.*It holds 18, such as"):
        trace(copied, "feedfeed")
    with pytest.raises(InputError, match=r"no result with the key ''"):
        trace(copied, "")
    with pytest.raises(InputError, match=r"column 'key', or a key, is needed; got a DataFrame"):
        results.trace(results.fits)
    with pytest.raises(InputError, match=r"column 'key', or a key, is needed; got a Series"):
        results.trace(results.fits.drop(columns="key").iloc[0])
    assert trace(copied, key[:8]).key == key
    shutil.copy(copied.path(key), copied.path(key[:-1] + ("0" if key[-1] != "0" else "1")))
    with pytest.raises(InputError, match=r"2 keys in .* begin with"):
        trace(copied, key[:8])
    assert trace(copied, key).key == key
    copied.path(key).write_bytes(copied.path(key).read_bytes()[:300])
    with pytest.raises(InputError, match=r"cannot be read.*Run the chapter again"):
        trace(copied, key)


def test_an_archive_of_the_layout_before_is_redone(results, copied):
    """Leave out what archives of an earlier layout lack; the store computes the unit again, as ever."""
    import zipfile

    path = copied.path(results.plan.units[0].key)
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if name != "tuning_epochs.parquet"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)
    again = run(results.plan, store=ResultsStore(copied.folder), device="cpu", say=None)
    assert (again.n_computed, len(again.problems)) == (1, 1)
    unchanged = [column for column in results.fits if column not in RUN_COLUMNS]
    pd.testing.assert_frame_equal(again.fits[unchanged], results.fits[unchanged], check_exact=True)


def test_the_program_prints_the_account_and_its_tables(results, capsys):
    folder, key = str(results.store.folder), results.fits["key"].iloc[0]
    assert main([folder, key[:10]]) == 0
    assert capsys.readouterr().out == f"{results.trace(key)}\n"
    for name in results.plan.units[0].TABLES:
        expected = getattr(results.trace(key), name)
        assert main([folder, key, "--table", name]) == 0
        printed = capsys.readouterr().out
        if len(expected):
            # Missing in two ways: of a nullable column and of a number; a text has only one, and may be empty.
            nullable = dict.fromkeys(("ended_at_last_epoch", "failed_training", "converged"), "boolean")
            found = pd.read_csv(io.StringIO(printed), float_precision="round_trip", dtype=nullable)
            found = found.fillna({"at_edge": ""}) if "at_edge" in found else found
            found = found.astype(dict.fromkeys(expected.select_dtypes("float16"), "float16"))
            pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert main([folder, "feedfeed"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "no result with the key 'feedfeed'" in said.err


def test_the_program_runs_as_a_module(results):
    arguments = [str(results.store.folder), results.fits["key"].iloc[0]]
    command = [sys.executable, "-W", "error", "-m", "linear_signal.experiment.trace", *arguments]
    done = subprocess.run(command, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert arguments[1] in done.stdout


def test_a_page_lists_the_key_of_every_unit(results, monkeypatch):
    shown = []
    monkeypatch.setattr(run_table, "display", shown.append)
    run_table.show_run(Parameters({}, {}), [tiny_task().dataset], [results])
    (page,) = (one.data for one in shown)
    for row in results.fits[results.fits["fraction"] == 1.0].itertuples():
        assert f"<td>{accuracy(row.balanced_accuracy)}</td>\n      <td>{row.key}</td>" in page
    assert page.count("<tr>") >= 18
    assert f"python -m linear_signal.experiment.trace results {results.fits['key'].iloc[0]}" in page
    assert str(results.store.folder) not in page
    assert code_version()["digest"] in page


def test_the_examples_of_the_book_are_true(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (PROJECT / "book/traceability.md").read_text()
    examples = "\n".join(re.findall(r"```pycon\n(.*?)```", text, flags=re.DOTALL))
    test = doctest.DocTestParser().get_doctest(examples, {}, "traceability.md", None, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    outcome = runner.run(test)
    assert not outcome.failed, "an example of the page is wrong; the report is above"
    assert outcome.attempted > 20
