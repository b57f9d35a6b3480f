"""The linter names each kind of fault with file and line, and the sentences we ship have none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.base.settings import DATA
from aftercare.rasa_components.lint import lint

DOMAIN = """
intents:
- greet
- request_refund
- ask_refund_policy: {use_entities: []}
entities:
- device
- order_number: {influence_conversation: false}
"""


class Corpus:
    """Training files in a temporary folder; `lint` is the linter with the small domain above."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.domain = folder / "nlu", folder / "domain.yml"
        self.domain.write_text(DOMAIN, encoding="utf-8")

    def write(self, name: str, **intents: list[str]) -> Corpus:
        """A file whose first sentence is on line 5; each intent takes two lines more than its sentences."""
        blocks = [f"- intent: {i}\n  examples: |\n" + "".join(f"    - {t}\n" for t in ts) for i, ts in intents.items()]
        return self.raw(name, 'version: "3.1"\nnlu:\n' + "".join(blocks))

    def raw(self, name: str, text: str) -> Corpus:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return self

    def lint(self) -> list[str]:
        return lint(self.folder, self.domain)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path)


def test_accepts_good_sentences(corpus: Corpus) -> None:
    corpus.write(
        "en/a.yml",
        greet=["hello there"],
        request_refund=["refund [NZ10203040](order_number) please", "退款 for me please"],
    )
    corpus.write("zh/a.yml", greet=["你好啊", "👋"], request_refund=["我的[iPhone 15](device)用不了要退款"])
    assert corpus.lint() == []


@pytest.mark.parametrize("second", ["I WANT A REFUND!!", "i want a refund", "Ｉ want a  refund."])
def test_names_both_places_of_a_duplicate(corpus: Corpus, second: str) -> None:
    corpus.write("en/a.yml", request_refund=["I want a refund"], greet=["hello", second])
    assert corpus.lint() == [f"en/a.yml:9: “{second}” (greet) is already at en/a.yml:5 (request_refund)"]


def test_finds_duplicates_within_an_intent_behind_annotations_and_across_scripts(corpus: Corpus) -> None:
    corpus.write(
        "zh/a.yml",
        request_refund=["[NZ10203040](order_number) 要退款", "NZ10203040 要退款", "請退費給我", "请退费给我"],
    )
    assert [p.split(":")[1] for p in corpus.lint()] == ["6", "8"]


def test_different_emoji_are_no_duplicates(corpus: Corpus) -> None:
    assert corpus.write("en/a.yml", greet=["👋", "🙋"]).lint() == []


def test_near_duplicates_count_only_across_intents(corpus: Corpus) -> None:
    long = "I bought the plan for two weeks by mistake last night and would like all of my money back please"
    corpus.write("en/a.yml", request_refund=[long, long + " x"])
    assert corpus.lint() == []
    corpus.write("en/a.yml", request_refund=[long], ask_refund_policy=[long + " x"])
    (problem,) = corpus.lint()
    assert problem.startswith("en/a.yml:8: ")
    assert problem.endswith("(request_refund) at en/a.yml:5")


def test_contrast_sets_are_allowed(corpus: Corpus) -> None:
    corpus.write("en/a.yml", request_refund=["refund my unused esim"], ask_refund_policy=["is an unused esim refunded"])
    assert corpus.lint() == []


@pytest.mark.parametrize(
    ("name", "text", "found"), [("en/a.yml", "我要退款谢谢", "zh"), ("zh/a.yml", "please give me my money back", "en")]
)
def test_rejects_the_wrong_folder(corpus: Corpus, name: str, text: str, found: str) -> None:
    corpus.write(name, request_refund=[text])
    assert corpus.lint() == [f"{name}:5: “{text}” is written in {found}, the folder is {name[:2]}"]


def test_what_tells_no_language_may_stand_in_both_folders(corpus: Corpus) -> None:
    corpus.write("en/a.yml", greet=["ok"]).write("zh/a.yml", greet=["NZ10203040"])
    assert corpus.lint() == []


@pytest.mark.parametrize("text", ["my [iPhon](device)e 15 is dead", "refund N[Z10203040](order_number) now"])
def test_rejects_annotations_inside_a_word(corpus: Corpus, text: str) -> None:
    (problem,) = corpus.write("en/a.yml", request_refund=[text]).lint()
    assert problem.startswith("en/a.yml:5: ")
    assert problem.endswith("does not start and end with a word")


def test_rejects_names_the_domain_does_not_know(corpus: Corpus) -> None:
    corpus.write("en/a.yml", order_pizza=["one with cheese for [Anna](person)"])
    assert corpus.lint() == [
        "en/a.yml:5: intent order_pizza is not in domain.yml",
        "en/a.yml:5: entity person is not in domain.yml",
    ]


def test_names_are_not_checked_without_a_domain(corpus: Corpus) -> None:
    corpus.write("en/a.yml", order_pizza=["one with cheese"])
    assert lint(corpus.folder, corpus.folder / "none.yml") == []


def test_both_languages_have_the_same_files(corpus: Corpus) -> None:
    corpus.write("en/a.yml", greet=["hello"]).write("zh/b.yml", greet=["你好"])
    assert corpus.lint() == ["en/b.yml: missing, another language has it", "zh/a.yml: missing, another language has it"]


@pytest.mark.parametrize(
    "text",
    [
        "nlu: [",
        "- a list",
        "nlu: hello",
        "nlu:\n- intent: greet\n  examples: hello",
        "nlu:\n- intent: greet\n  examples: |\n    hello",
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n    -",
    ],
)
def test_says_which_file_cannot_be_read_and_goes_on(corpus: Corpus, text: str) -> None:
    corpus.raw("en/broken.yml", text).write("en/ok.yml", greet=["我要退款谢谢"])
    problems = corpus.lint()
    assert [p.split(":")[0] for p in problems] == ["en/broken.yml", "en/ok.yml"]
    assert "cannot be read" in problems[0]


def test_synonyms_are_passed_over(corpus: Corpus) -> None:
    corpus.raw("en/a.yml", "nlu:\n- synonym: spark\n  examples: |\n    - Spark NZ\n")
    assert corpus.lint() == []


@given(st.lists(st.text("abcdefg hij", min_size=6, max_size=30).map(str.strip).filter(bool), min_size=1, max_size=8))
def test_reports_each_repetition_once(tmp_path_factory: pytest.TempPathFactory, sentences: list[str]) -> None:
    corpus = Corpus(tmp_path_factory.mktemp("corpus")).write("xx/a.yml", greet=sentences)
    distinct = {" ".join(s.split()) for s in sentences}
    assert len(corpus.lint()) == len(sentences) - len(distinct)


def test_the_sentences_we_ship_are_clean() -> None:
    assert lint(DATA / "nlu") == []
