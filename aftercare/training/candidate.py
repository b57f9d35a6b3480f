"""Trains a model with reviewed sentences added and compares it with the one in use; the desk runs it beside itself.

`python -m aftercare.training.candidate FOLDER` reads FOLDER/job.json and writes FOLDER/result.json. Standard output
has what Rasa says, and a line `@ STAGE` where a stage begins. It ends with everything it started when standard input
ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from aftercare.base.settings import DATA, MODELS, ROOT
from aftercare.base.yaml_data import read_yaml
from aftercare.training.inputs import fingerprint, write_sentences
from aftercare.training.model_in_use import CANDIDATES
from aftercare.training.train import command, training_environment
from aftercare.understanding.reader.lint import turn_faults

STAGES = ("check", "train", "compare")
# Every fifth sentence is kept out of the training that measures.
_HELD_OUT = 5


class JobError(Exception):
    """The candidate cannot be made; the message says why."""


def run(folder: Path) -> dict[str, Any]:
    """Make and compare the candidate described in `folder`/job.json.

    The job: `name` of the model, `reviewed` (content of reviewed.yml by language), `turns` (content of files below
    data/turns by name), `sentences` (added ones as [text, language, intent]), `messages` (travellers' as
    [text, language]), `current` (path below models/ of the model in use, or null).

    Raises:
        JobError: the sentences have faults, or Rasa cannot train.
    """
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    instead = {DATA / "nlu" / language / "reviewed.yml": text for language, text in job["reviewed"].items()}
    turns = {DATA / "turns" / name: text for name, text in job["turns"].items()}
    fits = [fingerprint(), fingerprint({**instead, **turns})]
    sentences = write_sentences(folder / "nlu.yml", instead)
    CANDIDATES.mkdir(parents=True, exist_ok=True)
    _stage("check")
    training = _train(
        command(sentences, folder, job["name"], _with_turns(folder, job["turns"]))
    )  # it takes longest: the rest of the work is done beside it
    try:
        _check(instead, folder / "turns")
        _stage("train")
        figures = _measure(sentences, {text for text, _, _ in job["sentences"]}, folder.parent / "accuracy.json")
        if training.wait():
            raise JobError("Rasa could not train; the log says why.")
    finally:
        training.kill()
        training.wait()
    made = folder / f"{job['name']}.tar.gz"
    if not made.is_file():
        raise JobError("Rasa wrote no model.")
    _stage("compare")
    current = MODELS / job["current"] if job["current"] else None
    compared = asyncio.run(_compare(current, made, job["messages"], job["sentences"]))
    keep(made)
    return {"fits": fits, **figures, **compared}


def keep(made: Path) -> None:
    """Move a model to the candidates, from whatever disk: what has its name there is whole."""
    arriving = CANDIDATES / f"{made.name}.part"
    shutil.move(made, arriving)
    arriving.replace(CANDIDATES / made.name)


def _stage(name: str) -> None:
    print(f"@ {name}", flush=True)


def _with_turns(folder: Path, texts: Mapping[str, str]) -> Path:
    """A configuration in `folder` by which the reader learns from data/turns with the files of `texts` in it."""
    turns = Path(shutil.copytree(DATA / "turns", folder / "turns", dirs_exist_ok=True))
    for name, text in texts.items():
        (turns / name).write_text(text, encoding="utf-8")
    config = read_yaml(ROOT / "config.yml")
    (policy,) = (each for each in config["policies"] if each["name"].endswith(".DialogueManager"))
    policy["turns"] = str(turns.resolve())
    (folder / "config.yml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    return folder / "config.yml"


def _check(instead: dict[Path, str], turns: Path) -> None:
    from aftercare.rasa_components.lint import lint

    with tempfile.TemporaryDirectory(prefix="aftercare-lint-") as place:
        copy = Path(shutil.copytree(DATA / "nlu", Path(place) / "nlu"))
        for path, text in instead.items():
            (copy / path.relative_to(DATA / "nlu")).write_text(text, encoding="utf-8")
        faults = [fault for fault in lint(copy) if "reviewed.yml" in fault]
    listed = read_yaml(ROOT / "domain.yml")["intents"]
    faults += [fault for fault in turn_faults(turns, set(listed)) if "taught_" in fault]
    if faults:
        raise JobError("What was reviewed has faults:\n" + "\n".join(faults))


def _train(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=training_environment(), stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )


def _measure(sentences: Path, reviewed: set[str], known: Path) -> dict[str, Any]:
    """Accuracy by words alone, per language on sentences kept out of training, without and with the reviewed ones.

    Without them it is the same for every candidate of the same data: `known` is a file that keeps it.
    """
    from rasa.shared.nlu.training_data.loading import load_data

    from aftercare.base.language import written
    from aftercare.catalogue.load import load_catalogue
    from aftercare.understanding.entities import EntityFinder
    from aftercare.understanding.features import masked_words
    from aftercare.understanding.linear_model import IntentModel, Recipe
    from aftercare.understanding.segmentation import segmenter

    examples = [e for e in load_data(str(sentences)).intent_examples if e.get("text")]
    finder, words = EntityFinder(load_catalogue()), segmenter().words
    rows = [
        (
            masked_words(words(e.get("text")), finder.named(e.get("text"))),
            e.get("intent"),
            written(e.get("text")).language,
        )
        for e in examples
    ]
    new = [row for row, e in zip(rows, examples, strict=True) if e.get("text") in reviewed]
    old = [row for row, e in zip(rows, examples, strict=True) if e.get("text") not in reviewed]
    random.Random(1).shuffle(old)  # noqa: S311  the same parts each time
    held, seen = old[::_HELD_OUT], [row for at, row in enumerate(old) if at % _HELD_OUT]
    recipe = Recipe(open_label="out_of_scope", held_out=0)  # confidence does not count here

    def accuracy(learnt: Sequence[Any]) -> dict[str, float]:
        messages, labels, languages = zip(*learnt, strict=True)
        model = IntentModel.fit(list(messages), list(labels), [each or "" for each in languages], recipe)
        right: dict[str, list[bool]] = {}
        for message, label, language in held:
            guess = model.labels[int(model.predict(message, language or "").argmax())]
            right.setdefault(language or "none", []).append(guess == label)
        return {language: sum(each) / len(each) for language, each in sorted(right.items()) if language != "none"}

    before = _remembered(known, [seen, held], lambda: accuracy(seen))
    return {
        "accuracy": {"current": before, "candidate": accuracy([*seen, *new]) if new else before, "held_out": len(held)}
    }


def _remembered(known: Path, data: Any, work: Callable[[], dict[str, float]]) -> dict[str, float]:
    """What `work` gives for `data`, from the file where it was done last."""
    key = hashlib.sha256(json.dumps(data).encode()).hexdigest()
    with contextlib.suppress(OSError, ValueError, KeyError):
        kept: dict[str, float] = json.loads(known.read_text(encoding="utf-8"))[key]
        return kept
    found = work()
    known.write_text(json.dumps({key: found}), encoding="utf-8")
    return found


async def _compare(
    current: Path | None, candidate: Path, messages: list[list[str]], sentences: list[list[str]]
) -> dict[str, Any]:
    """Which messages are understood otherwise, and how many of the new sentences each model understands."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)
    texts = [*(text for text, _ in messages), *(text for text, _, _ in sentences)]

    async def read(path: Path | None) -> list[tuple[str, float]]:
        if path is None or not path.is_file():
            return []
        agent = Agent.load(path)
        found = [(await agent.parse_message(text))["intent"] for text in texts]
        return [(str(each["name"]), round(float(each["confidence"]), 4)) for each in found]

    before, after = await read(current), await read(candidate)
    changed = [
        {"text": text, "language": language, "before": list(was), "after": list(now)}
        for (text, language), was, now in zip(messages, before, after, strict=False)
        if was[0] != now[0]
    ]
    wanted = [intent for _, _, intent in sentences]

    def right(found: list[tuple[str, float]]) -> int:
        return sum(name == intent for (name, _), intent in zip(found[len(messages) :], wanted, strict=False))

    return {
        "messages": len(messages) if before else 0,
        "changed": changed,
        "reviewed": {"current": right(before), "candidate": right(after), "all": len(sentences)},
    }


def _end_with_the_desk() -> None:
    """End the whole process group when the desk is gone, which its end of the pipe tells."""
    while os.read(0, 1):  # not sys.stdin, whose lock would be held when the interpreter ends
        pass
    os.killpg(0, signal.SIGKILL)


def main() -> int:
    """Run the job; the reason of a failure is the last line."""
    if os.getpgid(0) == os.getpid():  # a group of our own, as the desk starts it
        threading.Thread(target=_end_with_the_desk, daemon=True).start()
    os.nice(10)
    folder = Path(sys.argv[1])
    try:
        result = run(folder)
    except JobError as error:
        print(f"! {error}", flush=True)
        return 1
    (folder / "result.json").write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
