"""Tokenizer, extractor and classifier work together as Rasa runs them: train, save, load, parse."""

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from aftercare.catalogue.load import load_catalogue
from aftercare.rasa_components import classifier as classifier_module
from aftercare.rasa_components.channel_facts import ChannelFacts
from aftercare.rasa_components.classifier import LinearIntentClassifier
from aftercare.rasa_components.extractor import CatalogueEntityExtractor
from aftercare.rasa_components.tokenizer import MixedTokenizer
from aftercare.understanding import encoder as encoder_module
from aftercare.understanding.entities import EntityFinder

EXAMPLES = {
    "request_refund": [
        "I want my money back",
        "refund please",
        "give me a refund",
        "我要退款",
        "把钱退给我",
        "我想退款",
    ],
    "report_no_service": ["no signal here", "there is no service", "没有信号", "手机没信号", "信号没有了", "no bars"],
    "inform": ["NZ12345678", "my order is NZ87654321", "iPhone 15", "苹果15", "订单NZ11112222", "a@example.com"],
    "thank": ["thank you", "thanks a lot", "谢谢", "多谢你", "thanks so much", "谢谢你们"],
}


@pytest.fixture(scope="module", params=["with the encoder", "without"])
def parse(request, tmp_path_factory):
    found = request.getfixturevalue("sentence_encoder") if request.param == "with the encoder" else None
    with pytest.MonkeyPatch.context() as patch:
        use(patch, lambda: found)
        return pipeline(tmp_path_factory.mktemp("model"))


def use(patch, encoder):
    patch.setattr(encoder_module, "encoder", encoder)
    patch.setattr(classifier_module, "encoder", encoder)


def pipeline(folder):
    storage = LocalModelStorage.create(folder)
    resource, context = Resource("classifier"), ExecutionContext(GraphSchema({}))
    tokenizer = MixedTokenizer.create(MixedTokenizer.get_default_config(), storage, Resource("tokenizer"), context)
    extractor = CatalogueEntityExtractor.create({}, storage, Resource("extractor"), context)
    config = LinearIntentClassifier.get_default_config()
    messages = [Message({TEXT: text, INTENT: intent}) for intent, texts in EXAMPLES.items() for text in texts]
    data = tokenizer.process_training_data(TrainingData(messages))
    LinearIntentClassifier.create(config, storage, resource, context).train(data)
    classifier = LinearIntentClassifier.load(config, storage, resource, context)

    def run(text):
        messages = [Message({TEXT: text})]
        for component in (tokenizer, extractor, classifier):
            messages = component.process(messages)
        return messages[0]

    return run


class Counting:
    """An encoder that keeps what it was asked for; another `identity` is another encoder."""

    def __init__(self, real, identity="one"):
        self._real, self.identity, self.asked = real, identity, []

    def encode(self, texts, workers=1):
        self.asked.append(list(texts))
        return self._real.encode(self.asked[-1], workers)

    def encode_kept(self, texts, workers=2):
        return self.encode(texts, workers)


def test_a_vector_is_asked_for_once_and_not_for_what_words_tell(sentence_encoder, tmp_path, monkeypatch):
    counting = Counting(sentence_encoder)
    use(monkeypatch, lambda: counting)
    run = pipeline(tmp_path)
    assert len(counting.asked) == 1
    counting.asked.clear()
    assert run("I want my money back").get(INTENT)["name"] == "request_refund"
    assert counting.asked == []
    text = "there is nothing on the display at the top, and could you transfer everything back, please"
    run(text)
    assert counting.asked == [[text]]
    run("NZ10000001")
    assert len(counting.asked) == 1, "an order number alone is information"


def test_what_was_learnt_with_another_encoder_reads_words_alone(sentence_encoder, tmp_path, monkeypatch, caplog):
    found = [Counting(sentence_encoder)]
    use(monkeypatch, lambda: found[-1])
    storage, resource = LocalModelStorage.create(tmp_path), Resource("classifier")
    context, config = ExecutionContext(GraphSchema({})), LinearIntentClassifier.get_default_config()
    addon = LinearIntentClassifier.fingerprint_addon(config)
    messages = [Message({TEXT: text, INTENT: intent}) for intent, texts in EXAMPLES.items() for text in texts]
    LinearIntentClassifier.create(config, storage, resource, context).train(TrainingData(messages))
    tokenizer = MixedTokenizer.create(MixedTokenizer.get_default_config(), storage, Resource("tokenizer"), context)
    for other in (Counting(sentence_encoder, "another"), None):
        found.append(other)
        assert LinearIntentClassifier.fingerprint_addon(config) != addon
        caplog.clear()
        classifier = LinearIntentClassifier.load(config, storage, resource, context)
        assert "another sentence encoder" in caplog.text
        message = classifier.process(tokenizer.process([Message({TEXT: "could I have it all back"})]))[0]
        assert message.get(INTENT)["name"]
        assert other is None or other.asked == []


@pytest.mark.parametrize(
    ("text", "intent"),
    [("我要退錢", "request_refund"), ("still no signal", "report_no_service"), ("NZ10000001", "inform")],
)
def test_intent(parse, text, intent):
    message = parse(text)
    assert message.get(INTENT)["name"] == intent
    ranking = message.get("intent_ranking")
    assert ranking[0] == message.get(INTENT)
    assert [one["confidence"] for one in ranking] == sorted((one["confidence"] for one in ranking), reverse=True)


@pytest.mark.parametrize("text", ["", " ", "\n\u200b"])
def test_nothing_to_understand(parse, text):
    assert parse(text).get(INTENT) == {"name": None, "confidence": 0.0}


def test_an_emoji_is_not_understood_with_confidence(parse):
    assert parse("🦘").get(INTENT)["confidence"] < 0.6


def test_ten_thousand_characters(parse):
    assert parse("我想退款" * 2_500).get(INTENT)["name"] == "request_refund"


def test_two_matters_in_one_message(parse):
    message = parse("there is no signal here and give me a refund")
    second = [e for e in message.get(ENTITIES) if e["entity"] == "second_intent"]
    assert {message.get(INTENT)["name"], *(e["value"] for e in second)} == {"report_no_service", "request_refund"}


def test_a_slot_filled_from_an_entity_gets_one_value(parse):
    destinations = [e for e in parse("first Japan and then Korea").get(ENTITIES) if e["entity"] == "destination"]
    assert [(e["value"], e.get("role")) for e in destinations] == [("JP", None), ("KR", "other")]


def test_annotated_spans_fall_on_words(parse):
    message = parse("我在皇后镇用苹果15，单号NZ10000001")
    tokens = message.get(TOKENS_NAMES[TEXT])
    starts, ends = {t.start for t in tokens}, {t.end for t in tokens}
    named = [e for e in message.get(ENTITIES) if e["entity"] in {"location", "device", "order_number"}]
    assert len(named) == 3
    assert all(e["start"] in starts and e["end"] in ends for e in named)


@pytest.mark.parametrize(
    ("text", "metadata", "expected"),
    [
        ("OK", {"language": "zh", "script": "hant"}, {"language": "zh", "script": "hant"}),
        ("NZ10000001", {"language": "en", "script": "hans"}, {"language": "en"}),
        ("my phone has no signal", {"language": "zh", "script": "hant"}, {"language": "en"}),
        ("你好", {"language": "en", "script": "hant"}, {"language": "zh", "script": "hant"}),
        ("没有网络信号", {"language": "zh", "script": "hant"}, {"language": "zh", "script": "hans"}),
        ("OK", {"language": "fr", "script": 5}, {}),
        ("OK", {}, {}),
    ],
)
def test_what_tells_no_language_is_in_that_of_the_channel(parse, text, metadata, expected):
    message = parse(text)
    message.set("metadata", metadata)
    ChannelFacts(EntityFinder(load_catalogue())).process([message])
    told = {e["entity"]: e["value"] for e in message.get(ENTITIES) if e["entity"] in ("language", "script")}
    assert told == expected


def test_what_a_person_was_told_meanwhile_is_known_unless_the_message_says_otherwise(parse):
    message = parse("my data is used up, NZ22222222")
    meanwhile = ["order NZ11111111", "I have an iPhone 15, I restarted it already", "a@example.com, no, b@example.com"]
    message.set("metadata", {"meanwhile": meanwhile})
    ChannelFacts(EntityFinder(load_catalogue())).process([message])
    known = [(e["entity"], e["value"]) for e in message.get(ENTITIES) if e["entity"] not in ("language", "script")]
    assert sorted(known) == [
        ("device", "apple-iphone-15"),
        ("email", "b@example.com"),
        ("order_number", "NZ22222222"),
        ("tried", "restarted"),
    ]
    # what was said before has no place in this message
    spans = {e["entity"]: (e["start"], e["end"]) for e in message.get(ENTITIES)}
    assert (spans["email"], spans["device"], spans["order_number"]) == ((0, 0), (0, 0), (20, 30))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", {"language": "zh", "script": "hant"}),
        ("为什么", {"language": "zh", "script": "hans"}),
        ("why?", {"language": "en"}),
    ],
)
def test_a_picture_in_another_language_does_not_change_the_travellers(parse, typed, expected):
    message = parse(f"{typed}\nCannot Add eSIM, NZ11111111".strip())
    message.set("metadata", {"language": "zh", "script": "hant", "typed": typed})
    ChannelFacts(EntityFinder(load_catalogue())).process([message])
    told = {e["entity"]: e["value"] for e in message.get(ENTITIES) if e["entity"] in ("language", "script")}
    assert told == expected
    others = {e["entity"]: e["value"] for e in message.get(ENTITIES) if e["entity"] not in ("language", "script")}
    assert others == {"error_message": "cannot_add_esim", "order_number": "NZ11111111"}
