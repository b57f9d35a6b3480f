"""The intent model learns, is the same after saving, and knows what it does not know."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.features import LONGEST, letter_features, masked_words, word_features
from aftercare.understanding.linear_model import IntentModel, Recipe, _documents
from aftercare.understanding.segmentation import segmenter
from aftercare.understanding.vocabulary import Vocabulary

EXAMPLES = {
    "refund": [
        "i want my money back",
        "refund please",
        "give me a refund",
        "退款",
        "我要退钱",
        "把钱退给我",
        "refund my order",
    ],
    "signal": [
        "no signal here",
        "there is no service",
        "没有信号",
        "手机没信号",
        "信号没有了",
        "no bars at all",
        "no service",
    ],
    "thanks": ["thank you", "thanks a lot", "谢谢", "多谢你", "thanks so much", "谢谢你们", "thank you all"],
    "other": [
        "what is the weather",
        "book a hotel",
        "天气怎么样",
        "帮我订酒店",
        "tell me a joke",
        "讲个笑话",
        "flight times",
    ],
}


def words(text):
    return [word.norm for word in segmenter().words(text)]


def fitted(**options):
    pairs = [(words(text), label) for label, texts in EXAMPLES.items() for text in texts]
    return IntentModel.fit([w for w, _ in pairs], [label for _, label in pairs], None, Recipe(**options))


@pytest.fixture(
    scope="module",
    params=[{"neighbours": 0.0}, {"network": 1.0}, {"network": 2.0, "networks": 2}, {"open_label": "other"}],
    ids=str,
)
def model(request):
    return fitted(**request.param)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("please refund me", "refund"),
        ("我想退款", "refund"),
        ("no signal at the airport", "signal"),
        ("謝謝", "thanks"),
    ],
)
def test_it_learns(model, text, intent):
    assert model.labels[int(model.predict(words(text)).argmax())] == intent


@given(text=st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_gets_probabilities(model, text):
    chances = model.predict(words(text))
    assert chances.shape == (len(EXAMPLES),)
    assert np.isfinite(chances).all()
    assert chances.sum() == pytest.approx(1, abs=1e-4)


def test_many_at_once_score_as_one_by_one(model):
    messages = [words(text) for texts in EXAMPLES.values() for text in texts] + [words("quokka 信号")]
    table = model._parts.table(model._recipe, model._matrix([_documents(message) for message in messages]))
    alone = [model._parts.scores(model._recipe, *model._row(_documents(message))) for message in messages]
    np.testing.assert_allclose(table, alone, atol=1e-5)


def test_saved_and_loaded_it_says_the_same(model, tmp_path):
    model.save(tmp_path)
    loaded = IntentModel.load(tmp_path)
    for texts in EXAMPLES.values():
        for text in texts:
            np.testing.assert_allclose(loaded.predict(words(text)), model.predict(words(text)), atol=2e-3)


def test_what_is_saved_cannot_run_code(model, tmp_path):
    model.save(tmp_path)
    json.loads((tmp_path / "intents.json").read_text(encoding="utf-8"))
    arrays = [path for path in tmp_path.iterdir() if path.name != "intents.json"]
    assert {path.suffix for path in arrays} == {".npy"}
    assert all(np.load(path, allow_pickle=False).dtype != object for path in arrays)


def test_words_never_seen_lean_to_the_open_class():
    plain, leaning = fitted(), fitted(open_label="other")
    strange = words("quokka marsupial habitat")
    other = plain.labels.index("other")
    assert leaning.scores(strange)[other] - plain.scores(strange)[other] == pytest.approx(1.2, abs=1e-3)
    assert leaning.labels[int(leaning.predict(strange).argmax())] == "other"


def test_how_far_a_message_is_inside_is_told_against_the_open_class():
    """A threshold on it parts strange messages from known ones, whichever of the others a strange one resembles."""
    model = fitted(open_label="other")
    known, strange = model.inside(words("please refund me")), model.inside(words("what is the weather like"))
    assert known[0] == "refund"
    assert known[1] > 0 > strange[1]
    assert strange[0] != "other"


def test_without_an_open_class_its_own_score_tells_how_far_a_message_is_inside():
    model = fitted()
    message = words("please refund me")
    assert model.inside(message) == ("refund", pytest.approx(float(model.scores(message).max()), abs=1e-6))


def test_without_calibration_the_scores_are_the_same():
    plain, calibrated = fitted(held_out=0), fitted()
    message = words("refund for no signal")
    np.testing.assert_array_equal(plain.scores(message), calibrated.scores(message))
    assert plain.predict(message).max() < calibrated.predict(message).max()


def test_one_label_is_refused():
    with pytest.raises(ValueError, match="two intents"):
        IntentModel.fit([["a"], ["b"]], ["same", "same"])


def test_two_labels_are_enough():
    texts = ["yes", "yes please", "sure yes", "no", "no thanks", "oh no"]
    model = IntentModel.fit([words(text) for text in texts], ["affirm"] * 3 + ["deny"] * 3)
    assert model.labels[int(model.predict(words("no no")).argmax())] == "deny"


def test_a_very_long_message_counts_only_in_part(model):
    long = words("退款 ") * 5_000
    np.testing.assert_allclose(model.predict(long), model.predict(long[:LONGEST]))


def test_features():
    assert word_features(["no", "signal"]) == ["no", "signal", "^ no", "no signal", "signal $"]
    assert set(letter_features(["没", "信号", "5g"])) >= {"没", "没信", "没信号", "信号", " 5", "5g", " 5g "}
    assert letter_features(["<device>"]) == []


def test_entities_are_masked():
    text = "my iPhone 15 in Queenstown, order NZ10000001"
    masked = masked_words(segmenter().words(text), EntityFinder(load_catalogue()).named(text))
    assert masked == ["my", "<device>", "in", "<location>", ",", "order", "<order_number>"]


def test_features_are_numbered_from_the_most_frequent_to_the_rarest() -> None:
    """The same in every process, so that the same sentences make the same model."""
    features = [chr(ord("a") + number % 26) + str(number) for number in range(60)]
    vocabulary = Vocabulary.of([features[:40], features, features[:20], [features[0], features[0]]])
    numbers = vocabulary.numbers(features)
    assert sorted(numbers) == list(range(60))
    assert numbers[0] == 0
    assert numbers[1:20].max() < numbers[20:40].min()
    assert numbers[20:40].max() < numbers[40:].min()
    turned = Vocabulary.of([features[::-1], features[:40][::-1], features[:20], [features[0]]])
    assert turned.numbers(features).tolist() == numbers.tolist()
    np.testing.assert_array_equal(turned.idf, vocabulary.idf)


def test_a_vocabulary_can_leave_out_what_few_documents_have() -> None:
    vocabulary = Vocabulary.of([["a", "a", "b"], ["b"]], fewest=2)
    assert vocabulary.numbers(["a", "b", "c"]).tolist() == [-1, 0, -1]
    assert "b" in vocabulary
    assert "a" not in vocabulary
    assert vocabulary.idf.tolist() == Vocabulary.of([["a", "b"], ["b"]]).idf[:1].tolist()


def test_the_rows_of_many_documents_are_those_of_each() -> None:
    documents = [["a", "b", "a"], [], ["c"], ["d", "a"]]
    vocabulary = Vocabulary.of(documents[:3])
    matrix = vocabulary.rows([*documents, []])
    assert matrix.shape == (5, 3)
    for row, document in zip(matrix.toarray(), documents, strict=False):
        expected = np.zeros(3, np.float32)
        columns, weights = vocabulary.row(document)
        expected[columns] = weights
        np.testing.assert_allclose(row, expected, rtol=1e-6)
    assert Vocabulary.of([]).rows([["a"]]).shape == (1, 0)
    assert Vocabulary.of([]).numbers(["a"]).tolist() == [-1]


def test_the_order_of_the_examples_does_not_matter() -> None:
    pairs = [(words(text), label) for label, texts in EXAMPLES.items() for text in texts]
    recipe = Recipe(held_out=2, open_label="other")
    one = IntentModel.fit([w for w, _ in pairs], [label for _, label in pairs], None, recipe)
    turned = pairs[::-1]
    other = IntentModel.fit([w for w, _ in turned], [label for _, label in turned], None, recipe)
    for text in ("please refund me", "没信号"):
        assert one.predict(words(text)).tolist() == other.predict(words(text)).tolist()


def vector_of(matter, language):
    """A dimension for each matter and one for each language, which counts more as in real vectors."""
    vector = np.full(len(EXAMPLES) + 2, 0.1, np.float32)
    vector[sorted(EXAMPLES).index(matter)] += 0.5
    vector[len(EXAMPLES) + (language == "zh")] += 2.0
    return vector / np.linalg.norm(vector)


def language_of(text):
    return "en" if text.isascii() else "zh"


def with_vectors(**options):
    """A model of messages with their vectors."""
    pairs = [(text, label) for label, texts in EXAMPLES.items() for text in texts]
    vectors = np.stack([vector_of(label, language_of(text)) for text, label in pairs])
    messages, labels = [words(text) for text, _ in pairs], [label for _, label in pairs]
    languages = [language_of(text) for text, _ in pairs]
    return IntentModel.fit(messages, labels, languages, Recipe(**options), vectors)


@pytest.fixture(scope="module")
def joint():
    return with_vectors()


@pytest.mark.parametrize("language", ["en", "zh", ""])
@pytest.mark.parametrize("matter", sorted(EXAMPLES))
def test_a_vector_tells_what_words_do_not(joint, matter, language):
    chances = joint.predict(words("quokka"), language, lambda: vector_of(matter, language or "en"))
    assert joint.labels[int(chances.argmax())] == matter
    assert chances.sum() == pytest.approx(1, abs=1e-4)


def test_a_vector_is_asked_for_only_when_words_leave_it_open():
    model = with_vectors(sure=0.3)
    never_called = pytest.fail
    lead = np.sort(model.scores(words("no signal here")))[::-1]
    assert lead[0] - lead[1] > 0.3
    sure = model.predict(words("no signal here"), "en", lambda: never_called("the words were enough"))
    np.testing.assert_array_equal(sure, model.predict(words("no signal here"), "en"))
    asked = []
    model.predict(words("antenna"), "en", lambda: asked.append(1) or vector_of("signal", "en"))
    assert asked == [1]


def test_a_model_made_without_vectors_asks_for_none(model):
    message = words("quokka")
    chances = model.predict(message, "en", lambda: pytest.fail("it knows no vectors"))
    np.testing.assert_array_equal(chances, model.predict(message, "en"))


def test_with_vectors_the_words_alone_read_as_without(joint):
    plain = fitted()
    for texts in EXAMPLES.values():
        for text in texts:
            np.testing.assert_array_equal(joint.scores(words(text)), plain.scores(words(text)))


def test_the_joint_machines_do_not_depend_on_calibration():
    message, vector = words("quokka"), vector_of("signal", "en")
    scores = [with_vectors(held_out=parts).scores(message, vector, "en") for parts in (0, 2)]
    np.testing.assert_array_equal(*scores)


def test_a_joint_model_saved_and_loaded_says_the_same(joint, tmp_path):
    joint.save(tmp_path)
    loaded = IntentModel.load(tmp_path)
    for matter in EXAMPLES:
        for language in ("en", "zh", "mi"):
            given = (words("quokka"), language, lambda matter=matter: vector_of(matter, "en"))
            np.testing.assert_allclose(loaded.predict(*given), joint.predict(*given), atol=2e-3)


def test_many_joint_scores_at_once_are_as_one_by_one(joint):
    messages = [words(text) for texts in EXAMPLES.values() for text in texts]
    languages = ["en", "zh", "mi", ""] * (len(messages) // 4)
    vectors = np.stack([vector_of(matter, language) for matter in EXAMPLES for language in languages[:7]])
    documents = [_documents(message) for message in messages]
    table = joint._joint.table(joint._matrix(documents), vectors, languages)
    alone = [
        joint._joint.scores(*joint._row(document), vector, language)
        for document, vector, language in zip(documents, vectors, languages, strict=True)
    ]
    np.testing.assert_allclose(table, alone, atol=1e-5)


def test_how_far_a_message_is_inside_counts_its_vector():
    model = with_vectors(open_label="other")
    message, vector = words("antenna"), vector_of("signal", "en")
    assert model.inside(message)[1] < model.inside(message, vector, "en")[1]
    assert model.inside(message, vector, "en")[0] == "signal"


def test_words_never_seen_count_for_the_open_class_in_their_own_share_only():
    leaning, plain = (with_vectors(open_label="other", novelty=novelty) for novelty in (1.0, 0.0))
    message, vector, other = words("antenna"), vector_of("signal", "en"), leaning.labels.index("other")
    by_words = leaning.scores(message)[other] - plain.scores(message)[other]
    with_it = leaning.scores(message, vector, "en")[other] - plain.scores(message, vector, "en")[other]
    assert with_it == pytest.approx(by_words * (1 - Recipe().joint), abs=1e-5)
