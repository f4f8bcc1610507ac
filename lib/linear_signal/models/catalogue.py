"""The catalogue: one record per model that has a name, with all that is known of it before it is trained."""

from __future__ import annotations

from dataclasses import dataclass

from linear_signal.models.networks import Network
from linear_signal.models.trees import BoostedTrees


@dataclass(frozen=True, kw_only=True)
class ExactLogisticRegression:
    """Ridge logistic regression solved to tolerance instead of trained by Adam; its penalty is the weight decay.

    Attributes:
        penalty: where nothing is tuned.
        features: "genes" as they are; "squares": each gene minus its mean over the samples the model learns from, divided
            by their standard deviation, and squared; or "pair_products": products of all pairs of the 20 leading components
            of genes standardised like that. On these the model is no linear one: it is a probe that sees nothing but
            spreads of single genes, or nothing but variances and covariances, whatever the means.
    """

    penalty: float = 1e-2
    features: str = "genes"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A model with a name.

    Attributes:
        model: what it is.
        title: in figures.
        short: where there is little room.
        phrase: inside a sentence.
        family: "linear", "network", "trees", "probe" or "other".
        colour, shape: in figures. A hue a family: blue for linear models, orange for networks, green for trees, grey and
            violet for the rest. Within a family lightness changes a little, and every model has a marker of its own. Each
            colour has a contrast of 3 or more to a white page.
    """

    model: Network | ExactLogisticRegression | BoostedTrees
    title: str
    short: str
    phrase: str
    family: str
    colour: str
    shape: str


# In the order of legends and tables. Layers, dropout and batch norm of the networks: Heil et al. 2023, Methods, "Model
# architecture", and their code.
CATALOGUE: dict[str, Record] = {
    "logistic_regression": Record(
        model=Network(),
        title="Logistic regression",
        short="Logistic",
        phrase="logistic regression",
        family="linear",
        colour="#2565ae",
        shape="o",
    ),
    "exact_logistic_regression": Record(
        model=ExactLogisticRegression(),
        title="Logistic regression (exact)",
        short="Logistic (exact)",
        phrase="logistic regression (exact)",
        family="linear",
        colour="#4a86c5",
        shape="s",
    ),
    "linear_svm": Record(
        model=Network(loss="hinge"),
        title="Linear SVM",
        short="SVM",
        phrase="the linear SVM",
        family="linear",
        colour="#163f73",
        shape="D",
    ),
    "three_layer": Record(
        model=Network(hidden=(0.5, 0.25), dropout=0.5),
        title="Three-layer network",
        short="Three-layer",
        phrase="the three-layer network",
        family="network",
        colour="#cf5f17",
        shape="^",
    ),
    "five_layer": Record(
        model=Network(hidden=(0.5, 0.5, 0.5, 0.25), dropout=0.5, batch_norm=True),
        title="Five-layer network",
        short="Five-layer",
        phrase="the five-layer network",
        family="network",
        colour="#8f3310",
        shape="v",
    ),
    "boosted_trees": Record(
        model=BoostedTrees(),
        title="Boosted trees",
        short="Trees",
        phrase="boosted trees",
        family="trees",
        colour="#2f7d32",
        shape="P",
    ),
    "squared_logistic": Record(
        model=ExactLogisticRegression(features="squares"),
        title="Squares of genes",
        short="Squares",
        phrase="logistic regression on squared genes",
        family="probe",
        colour="#4d4d4d",
        shape="*",
    ),
    "pair_products": Record(
        model=ExactLogisticRegression(features="pair_products"),
        title="Products of pairs",
        short="Pairs",
        phrase="logistic regression on products of pairs",
        family="probe",
        colour="#8c6bb1",
        shape="X",
    ),
}
# Families in the order of legends: inside a sentence, and the colours of models that the catalogue does not have.
FAMILIES = {
    "linear": "linear models",
    "network": "networks",
    "trees": "tree models",
    "probe": "probes",
    "other": "other models",
}
SPARE_COLOURS = {
    "linear": ("#3f8f8b", "#8fc7bd"),
    "network": ("#d9a05b", "#7a1f3d"),
    "trees": ("#7cb87f", "#17491a"),
    "probe": ("#6a51a3", "#9e9ac8"),
    "other": ("#6e6e6e", "#a5a5a5"),
}
