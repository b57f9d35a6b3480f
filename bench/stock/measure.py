"""Trains Rasa's own pipeline on one job of bench/nlu.py and writes what it predicts; runs in this folder's environment.

`measure.py JOB OUT`: JOB is JSON with `language`, `train` (pairs of text and intent) and `test` (texts).
OUT gets `intents` and `confidences` for each text of `test`, `training_s`, and `parse_ms`, the median of one parse.
"""

from __future__ import annotations

import asyncio
import json
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path

import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu
from rasa.utils.log_utils import configure_structlog

TOKENIZERS = {"en": "WhitespaceTokenizer", "zh": "JiebaTokenizer"}


def main(job: Path, out: Path) -> None:
    """Train, predict, write."""
    asked = json.loads(job.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, seconds = _train(asked, folder)
        predicted = asyncio.run(_predict(model, asked["test"]))
    out.write_text(json.dumps({**predicted, "training_s": seconds}, ensure_ascii=False), encoding="utf-8")


def _train(asked: dict, folder: Path) -> tuple[str, float]:
    config = yaml.safe_load(Path(__file__).with_name("config.yml").read_text(encoding="utf-8"))
    config["language"] = asked["language"]
    config["pipeline"][0]["name"] = TOKENIZERS[asked["language"]]
    (folder / "config.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    examples = [{"text": text, "intent": intent} for text, intent in asked["train"]]
    data = {"rasa_nlu_data": {"common_examples": examples}}
    (folder / "nlu.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    started = time.perf_counter()
    model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.json"), str(folder))
    if model is None:
        sys.exit("Rasa trained no model.")
    return model, time.perf_counter() - started


async def _predict(model: str, texts: list[str]) -> dict:
    agent = Agent.load(model)
    configure_structlog(logging.ERROR)  # as a server does; else each parse prints what it found
    intents, confidences, times = [], [], []
    for text in texts:
        started = time.perf_counter()
        parsed = await agent.parse_message(text)
        times.append((time.perf_counter() - started) * 1000)
        intents.append(parsed["intent"]["name"])
        confidences.append(parsed["intent"]["confidence"])
    return {"intents": intents, "confidences": confidences, "parse_ms": statistics.median(times)}


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
