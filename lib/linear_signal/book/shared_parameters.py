"""Parameters that chapters share, each declared once: a typed field with its default and what it does.

A chapter names the groups it knows in its parameters cell, ``shared: list[str] = ["models", "folds", "running"]``, and sets
there only what it wants otherwise. The first sentence of a field's text is what papermill's ``--help-notebook`` shows; the
whole of it stands in ``params/README.md``, which is made from this file.
"""

from __future__ import annotations


class Simulation:
    """How many simulated samples there are, and of how many features."""

    n_samples: int = 400
    """Samples of each simulated data set, half of them in each class; even, at least 4. Paper: 1000."""

    n_features: int = 200
    """Features of Simulated 1 and 3; Simulated 2 has half as many. Even, at least 4. Networks are as wide as the data:
    their first hidden layer has half as many units as there are features. Paper: 5000."""

    simulation_seed: int = 0
    """Seed of the simulated values. Another one gives other data; `n_seeds` does not."""


class Gtex:
    """Files of GTEx, where the source of a chapter is `files`; chapters with a source `table` take others."""

    expression_file: str = ""
    """GCT 1.2 of transcripts per million, plain or gzip. Sample ids have the shape `GTEX-1117F-0226-SM-5GZZ7`; the second
    field is the donor. With source `table`, any format that chapter 90 reads, and any sample ids."""

    attributes_file: str = ""
    """A table of samples, separated by tabs or commas, with the columns `SAMPID` and `SMTS` (the tissue). Samples without a
    tissue are dropped and counted. With source `table`, one with the two columns that are named beside it."""


class Columns:
    """What a table of samples calls its labels and groups, where the source of a chapter is `table`."""

    label_column: str = ""
    """Column of what is to be predicted. Labels all of whose samples come from one group are left out."""

    group_column: str = ""
    """Column of what a split must not tear apart: donor, study, hospital."""


class Recount3:
    """A mirror of Recount3, where the source of a chapter is `recount3`."""

    mirror: str = ""
    """URL or folder of a mirror with the layout of recount3. Empty: the public one at Amazon,
    `https://recount-opendata.s3.amazonaws.com/recount3/release/`; `https://duffel.rail.bio/recount3/` is another. A folder
    is read in place."""

    scope: str = "labelled"
    """`labelled`: only studies with at least one sample whose tissue (or sex, where that is asked) is known are fetched.
    `all`: every study of the mirror, so that genes are scaled and chosen over unlabelled samples as well, as in the paper;
    that takes many times the download."""

    downloads: int = 8
    """Files fetched at the same time, at least 1."""


class Data:
    """Where data are kept, and how much of them is used."""

    data_folder: str = ""
    """Where the miniatures, the downloads and the scaled matrices are kept. Empty: `cache/` in the project's folder."""

    n_genes: int = 150
    """Most variable genes to keep, after scaling; at least 1. All are kept where the data have fewer. Of two data sets as
    many of either; those that both keep are used. Paper: 5000."""


class Studies:
    """How often a tissue must be there."""

    min_studies: int = 10
    """Studies (of GTEx donors) that a tissue needs to take part, at least 2; the page names those left out. Paper: 10."""


class Models:
    """What is trained."""

    models: list[str] = [
        "logistic_regression",
        "exact_logistic_regression",
        "linear_svm",
        "three_layer",
        "five_layer",
        "squared_logistic",
    ]
    """Names, networks by their layers, or import paths of scikit-learn classifiers. The names are those of the default,
    `boosted_trees` and `pair_products`; `dense(64, 64)` is a network with two hidden layers of 64 units, to which
    `dropout=0.5` and `batch_norm=True` may be added. Paths take settings:
    `sklearn.neighbors.KNeighborsClassifier(n_neighbors=3)`. Other packages need `allow_models`. Each is tried on a
    handful of made-up samples before anything is computed. Classifiers of scikit-learn are not tuned and train on all
    training samples. The paper has all but the exact one and the squares."""

    allow_models: list[str] = []
    """Packages, as they are imported (`xgboost`), from which `models` may name classifiers beside scikit-learn's.
    Importing a package runs its code: name those you trust. Your own class goes into a module in the folder where the
    command is typed, derives from `ClassifierMixin` and `BaseEstimator` of `sklearn.base`, and may set up pipelines and
    models inside models, which a path cannot. Its source (the module, or all files of its package) is part of what a
    result is kept under: edit it, and its fits are computed again."""


class Folds:
    """How samples are dealt out, and how often."""

    n_seeds: int = 1
    """Repeats of the whole cross-validation, each with its own folds, at least 1. With one seed and few folds the
    intervals are wide. Paper: 3."""

    n_folds: int = 5
    """Outer folds, at least 3, and no more than there are groups. With pretraining an odd number: one validates, of the
    others half pretrain and half train."""

    fractions: list[float] = [0.2, 1.0]
    """Shares of the training samples to train on, one point of the learning curve each. Each is above 0, at most 1, none
    twice; the smallest leaves at least 4 training samples. Paper: 0.1 to 1 in steps of 0.1 (few samples: 0.01 to
    0.1)."""


class Split:
    """What a fold leaves out."""

    split: str = "group"
    """`group` keeps a donor or study in one fold. `sample` deals single samples out, so that a donor can be on both
    sides: that leaks, and is there to show how much. Where every sample is its own group, the two differ only in the
    random draw."""


class Scaling:
    """Over which samples genes are scaled."""

    scale_on: str = "all"
    """`all`: genes keep the scale over all samples of the data set, as in the paper. `train`: every gene is scaled anew
    to run from 0 to 1 over the samples a model learns from. Which genes are kept is decided over all samples either
    way."""


class Removal:
    """How the linear signal is removed."""

    removal_engine: str = "closed_form"
    """What removes the linear signal: `closed_form`, or `limma` (needs R with limma). The numbers agree to rounding. The
    paper used limma."""

    tune_on: str = "same"
    """`same`: settings are judged on data with the signal that is trained on, so with the linear signal removed where it
    is removed. `full`: always on data with full signal, as the paper did."""


class Tuning:
    """How learning rate and weight decay are chosen."""

    n_trials: int = 6
    """Settings of learning rate and weight decay tried per outer fold, 0 to 10,000. 0: none are tried, and each model
    has its default (learning rate 0.001 for linear models, 0.00001 for networks, no weight decay; penalty 0.01 for the
    exact one). Paper: 25."""

    n_inner_folds: int = 1
    """How many of the training folds are left out in turn to judge a setting, 1 to `n_folds` minus 1. Paper: all
    four."""

    learning_rate_range: list[float] = [0.0001, 0.03]
    """Settings are log-uniform between these two positive numbers, the smaller first. Paper: 1.0e-6, 10."""

    weight_decay_range: list[float] = [1e-06, 0.01]
    """As `learning_rate_range`. For the exactly solved logistic regression the weight decay is the penalty. Paper:
    1.0e-6, 10."""


class Training:
    """How models are trained with Adam."""

    max_epochs: int = 120
    """Passes over the training samples, at most, of models trained with Adam; at least 1. Paper: 50."""

    batch_size: int = 16
    """Samples per step, 2 to 65,536. A last batch of a single sample is dropped."""

    patience: int = 7
    """Epochs without a better loss on the tune set after which training stops, at least 1. With many classes, small
    networks can take more than seven to leave the plateau where they start. Paper: 7."""

    patience_counts: str = "since_improvement"
    """`since_improvement`: epochs in a row. `total`: all epochs without an improvement are counted together, as in the
    authors' code."""

    clip_norm: float = 0.01
    """The gradient of all weights together is shortened to this length where it is longer; above 0."""

    tf32: bool = False
    """On a GPU, `true` lets matrix products round their inputs to TF32 (about three decimal digits). That is faster on
    large networks and gives other numbers. The processor takes no notice."""


class Running:
    """Where and how it is run, and what is kept. None of these decides a number. Results computed on one device are reused
    on another, where the last digits could have come out differently."""

    device: str = "auto"
    """`auto` takes a CUDA GPU where PyTorch sees one, else the processor; `cpu`; `cuda`. On a Dask cluster every worker
    looks for itself."""

    execution: str = "local"
    """`local`: this machine, with `workers` processes. `tcp://host:port` or, with the certificates of Dask's
    configuration, `tls://host:port`: the Dask cluster whose scheduler listens there; it has its own number of workers,
    one unit each. The page "Scale out" of the book says how to start one."""

    workers: int = 0
    """Processes that compute side by side, where execution is `local`; 0: one per processor core that this process may
    use (affinity, container, Slurm; of chapters that `make book` runs beside each other each has its share), as far as
    memory allows. On a GPU, and from 1,500 genes on, everything runs in one process whatever this says; on the processor
    that process trains one model per core."""

    keep_scores: str = "largest"
    """Of which fits the scores per class of the judged samples are kept: `largest` (training set), `all` or `none`. From
    them any metric can be computed later, without training again."""

    results_folder: str = ""
    """Where finished fits are kept and looked up. Empty: `book/results/numerics-<version>`, one folder per version of
    the numerical code."""

    save_models: str = ""
    """A folder for the models of all final fits, one safetensors file each. At 5,000 genes that is 60 MB for a
    three-layer network, 110 MB for a five-layer one. Units computed earlier without their models are computed again. Not
    for classifiers of scikit-learn. Empty: no models are kept."""

    tracking: str = ""
    """The tracking URI of an MLflow server or database, such as `sqlite:///tracking.db` or `http://127.0.0.1:5000`.
    Every unit is sent there once. Needs `make tracking`. A password goes into the environment
    (`MLFLOW_TRACKING_PASSWORD`), not here. Empty: nothing is tracked."""
