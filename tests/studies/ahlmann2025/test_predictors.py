"""Every model with a name predicts what it says it does, from what it says it needs."""

import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025.predictors import DOUBLES, PREDICTORS, SINGLES, predict
from linear_signal.studies.ahlmann2025.simulated_doubles import simulate_doubles
from linear_signal.studies.ahlmann2025.simulated_singles import simulate_singles
from linear_signal.studies.ahlmann2025.sources import SOURCES, CellSource, archive_damage, fetch_cells
from linear_signal.studies.ahlmann2025.splits import split_doubles, split_singles


@pytest.fixture(scope="module")
def made():
    doubles = simulate_doubles(n_genes=40, n_singles=12, n_doubles=20).data
    singles = simulate_singles(n_genes=80, n_targets=60)
    covariance = singles.truth.loc[singles.data.singles].rename(lambda one: one.removesuffix("+ctrl"))
    given = {"other": singles.other, "covariance": covariance}
    return {DOUBLES: (doubles, split_doubles(doubles), {}), SINGLES: (singles.data, split_singles(singles.data), given)}


@pytest.mark.parametrize("name", PREDICTORS)
def test_a_model_predicts_every_wanted_condition_and_gene(made, name):
    for kind in PREDICTORS[name].predicts:
        data, split, given = made[kind]
        said = predict(name, data, split.train, split.judged, **given)
        assert list(said.index) == list(split.judged)
        assert list(said.columns) == list(data.genes)
        assert np.isfinite(said.to_numpy()).all()
        again = predict(name, data, split.train, split.judged, **given, seed=1)
        assert said.equals(again) is not PREDICTORS[name].seeded


def test_no_model_looks_at_what_it_is_asked_for(made):
    for name, predictor in PREDICTORS.items():
        data, split, given = made[predictor.predicts[0]]
        hidden = data.restricted(data.genes)
        hidden.means.loc[list(split.judged)] = 7.0
        said, blind = (predict(name, one, split.train, split.judged, **given) for one in (data, hidden))
        assert said.equals(blind), name


def test_what_a_model_needs_is_asked_for(made):
    data, split, given = made[SINGLES]
    with pytest.raises(InputError, match="needs other"):
        predict("transfer", data, split.train, split.judged)
    with pytest.raises(InputError, match="did you mean 'transfer'"):
        predict("transfr", data, split.train, split.judged, **given)


def test_an_archive_is_fetched_once_checked_and_unpacked(tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    with zipfile.ZipFile(served / "good.zip", "w") as archive:
        archive.writestr("norman/perturb_processed.h5ad", b"cells")
    with zipfile.ZipFile(served / "empty.zip", "w") as archive:
        archive.writestr("readme.txt", b"none")
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(served)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}"
    sources = {name: CellSource(url=f"{root}/{name}.zip", about="", size="") for name in ("good", "empty")}
    try:
        path = fetch_cells("good", tmp_path / "got", sources=sources)
        assert path.read_bytes() == b"cells"
        with pytest.raises(InputError, match="without perturb_processed"):
            fetch_cells("empty", tmp_path / "got", sources=sources)
    finally:
        server.shutdown()
        server.server_close()
    assert fetch_cells("good", tmp_path / "got", sources=sources) == path
    damaged = bytearray((served / "good.zip").read_bytes())
    damaged[60] ^= 255
    (served / "damaged.zip").write_bytes(damaged)
    assert archive_damage(served / "damaged.zip")
    assert archive_damage(served / "nothing.zip")
    with pytest.raises(InputError, match="did you mean 'norman'"):
        fetch_cells("normann", tmp_path)
    assert all(source.url.startswith("https://") and source.about for source in SOURCES.values())
