"""The stand-in lets Rasa import TensorFlow's names, and says how to get the real one when something would compute."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow import HOW_TO_INSTALL, TensorFlowMissing

from aftercare.base.settings import ROOT
from aftercare.training.train import environment

if "stand-in" not in (tf.__doc__ or ""):
    pytest.skip("the real TensorFlow is installed here", allow_module_level=True)

PROJECT = {
    "config.yml": """
recipe: default.v1
assistant_id: tiny
language: en
pipeline: [{name: WhitespaceTokenizer}, {name: CountVectorsFeaturizer}, {name: DIETClassifier, epochs: 1}]
policies: [{name: RulePolicy}]
""",
    "domain.yml": """
version: "3.1"
intents: [greet, goodbye]
responses:
  utter_hello: [{text: hello}]
""",
    "data/nlu.yml": """
version: "3.1"
nlu:
- {intent: greet, examples: "- hello\\n- good morning\\n"}
- {intent: goodbye, examples: "- bye\\n- see you later\\n"}
""",
    "data/rules.yml": """
version: "3.1"
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_hello}]
""",
}


def test_what_is_installed_is_what_lies_here() -> None:
    assert tf.__file__ is not None
    for package in ("tensorflow", "keras"):
        installed = Path(tf.__file__).parent.parent / package / "__init__.py"
        vendored = ROOT / "vendor/tensorflow" / package / "__init__.py"
        assert installed.read_bytes() == vendored.read_bytes(), "reinstall it: uv sync --reinstall-package tensorflow"


def test_any_name_and_submodule_can_be_imported() -> None:
    import keras
    import tensorflow.keras.backend as backend
    from tensorflow.keras.layers import Dense, Embedding
    from tensorflow.python.keras.utils import tf_utils

    assert tf.__version__ == "2.12.0"
    assert backend.floatx is not None
    assert Dense is not Embedding
    assert tf_utils is not None
    assert keras.layers is not None
    assert tf.keras.layers.Dense is tf.keras.layers.Dense


def test_it_stands_as_base_class_annotation_and_union() -> None:
    class Layer(tf.keras.layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, x: tf.Tensor | None, more: list[tf.SparseTensor]) -> tf.Tensor[int]:
            return x

    assert issubclass(Layer, tf.keras.layers.Layer)
    assert not isinstance("text", tf.Tensor)


class Decorated:
    """Decorators run when a class or module is read, like these."""

    @tf.function
    def plain(self) -> str:
        return "plain"

    @tf.function(jit_compile=True)
    def called(self) -> str:
        return "called"

    @tf.keras.utils.register_keras_serializable(package="ours")
    class Inner:
        pass


def test_decorators_leave_what_they_decorate_alone() -> None:
    assert Decorated().plain() == "plain"
    assert Decorated().called() == "called"
    assert isinstance(Decorated.Inner(), Decorated.Inner)


@pytest.mark.parametrize(
    "compute",
    [
        lambda: tf.constant([1, 2]),
        lambda: tf.keras.layers.Dense(8),
        lambda: tf.random.set_seed(1),
        lambda: tf.data.Dataset.from_generator(iter([])),
        lambda: type("Model", (tf.keras.Model,), {})(),
    ],
    ids=["constant", "layer", "seed", "dataset", "subclass"],
)
def test_computing_says_how_to_install_the_real_one(compute: object) -> None:
    with pytest.raises(TensorFlowMissing) as raised:
        compute()  # type: ignore[operator]
    assert HOW_TO_INSTALL in str(raised.value)
    for needed in ("DIETClassifier", "TensorFlow 2.12", "bench/stock", "uv sync"):
        assert needed in HOW_TO_INSTALL


@pytest.mark.parametrize("name", ["__wrapped__", "__array__", "__torch_function__"])
def test_special_names_do_not_exist(name: str) -> None:
    """Python and libraries ask for them to find out what a thing is."""
    assert not hasattr(tf, name)
    assert not hasattr(tf.Tensor, name)
    assert not hasattr(tf.keras.layers, name)


def test_configuring_diet_fails_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name, content in PROJECT.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "rasa", "train", "--out", "models"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode != 0
    assert "TensorFlowMissing" in done.stderr
    assert HOW_TO_INSTALL in done.stderr
    assert not list((tmp_path / "models").glob("*.tar.gz"))
