"""How long one message takes through Rasa's REST channel, at the start of a conversation and after a hundred turns.

.venv/bin/python bench/rest_latency.py                    a small bot in a temporary folder, with our engine parts
.venv/bin/python bench/rest_latency.py --stock            the same bot with Rasa's own store, channel and lock
.venv/bin/python bench/rest_latency.py --url http://127.0.0.1:5005     the running assistant, with its own messages
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import httpx

ROOT = Path(__file__).resolve().parent.parent
ENGINE_PARTS = "aftercare.rasa_components"

# The small bot's responses have names of data/responses, from where our wording takes them.
# Ten-turn blocks of one conversation are compared, so the number of messages here divides ten.
SMALL_BOT_MESSAGES = [
    "hello",
    "my esim has no signal",
    "where is my order",
    "can I share it by hotspot",
    "thanks a lot",
]
ASSISTANT_MESSAGES = ["你好", "开热点可以吗？", "what is an eSIM?", "有什么优惠吗", "can I make calls with it?"]

FILES = {
    "config.yml": """
recipe: default.v1
assistant_id: latency
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
policies:
- name: MemoizationPolicy
  max_history: 5
- name: RulePolicy
""",
    "domain.yml": """
version: "3.1"
intents: [greet, no_signal, order_status, hotspot, thank]
slots:
  language: {type: categorical, values: [en, zh], influence_conversation: false, mappings: [{type: custom}]}
  order_verified: {type: bool, influence_conversation: true, mappings: [{type: custom}]}
  diagnosis: {type: any, mappings: [{type: custom}]}
actions: [action_lookup]
responses:
  utter_greet:
  - {text: "Hello!", condition: [{type: slot, name: language, value: en}]}
  - {text: "你好！", condition: [{type: slot, name: language, value: zh}]}
  - {text: "Hello!"}
  utter_hotspot: [{text: "Yes, it works.", buttons: [{title: "Thanks", payload: /thank}]}]
  utter_thank: [{text: "You are welcome."}]
  utter_text: [{text: "{body}"}]
""",
    "nlu.yml": """
version: "3.1"
nlu:
- {intent: greet, examples: "- hello\\n- hi\\n- hey there\\n- good morning\\n"}
- {intent: no_signal, examples: "- no signal\\n- my esim has no signal\\n- no bars\\n- there is no service\\n"}
- {intent: order_status, examples: "- where is my order\\n- order status\\n- what about my order\\n- check my order\\n"}
- {intent: hotspot, examples: "- hotspot\\n- can I share it by hotspot\\n- tethering\\n- share with my laptop\\n"}
- {intent: thank, examples: "- thanks\\n- thank you\\n- thanks a lot\\n- cheers\\n"}
""",
    "rules.yml": """
version: "3.1"
rules:
- {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
- {rule: hotspot, steps: [{intent: hotspot}, {action: utter_hotspot}]}
- {rule: thank, steps: [{intent: thank}, {action: utter_thank}]}
- {rule: signal, steps: [{intent: no_signal}, {action: action_lookup}]}
- {rule: order, steps: [{intent: order_status}, {action: action_lookup}]}
stories:
- {story: opening, steps: [{intent: greet}, {action: utter_greet}, {intent: no_signal}, {action: action_lookup}]}
""",
    "actions.py": """
from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class ActionLookup(Action):
    def name(self):
        return "action_lookup"

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(response="utter_text", body="Your order NZ10000001 is active.")
        return [SlotSet("order_verified", True), SlotSet("diagnosis", {"step": len(tracker.events)})]
""",
}
STORE = {
    "stock": "type: SQL\n  dialect: sqlite\n  db: {folder}/tracker.db",
    "ours": "type: {parts}.tracker_store.WindowedTrackerStore",
}
ENDPOINTS = """
action_endpoint: {{url: "http://127.0.0.1:{actions}/webhook", enable_selective_domain: true}}
tracker_store:
  {store}
"""
OUR_ENDPOINTS = """
nlg: {{type: {parts}.nlg.BilingualNlg}}
"""


def free_port() -> int:
    """A TCP port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def small_bot(stock: bool, extra: dict[str, str] | None = None) -> Iterator[tuple[str, Path]]:
    """Train and run the small bot with its action server; yields Rasa's address and the folder with everything."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as processes:
        folder, rasa, actions = Path(name), free_port(), free_port()
        for file, text in {**FILES, **(extra or {})}.items():
            (folder / file).write_text(text)
        store = STORE["stock" if stock else "ours"].format(folder=folder, parts=ENGINE_PARTS)
        endpoints = ENDPOINTS.format(actions=actions, store=store)
        (folder / "endpoints.yml").write_text(endpoints + ("" if stock else OUR_ENDPOINTS.format(parts=ENGINE_PARTS)))
        (folder / "credentials.yml").write_text(
            "rest:\n" + ("" if stock else f"{ENGINE_PARTS}.channel.DeskChannel: {{}}\n")
        )
        environment = {
            **os.environ,
            "AFTERCARE_VAR": str(folder / "var"),
            "TRACKER_DATABASE_URL": f"sqlite:///{folder}/tracker.db",
            "PYTHONPATH": str(ROOT),
            "RASA_TELEMETRY_ENABLED": "false",
        }
        log = processes.enter_context((folder / "log.txt").open("w"))

        def run(*command: str) -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [sys.executable, "-m", *command], cwd=folder, env=environment, stdout=log, stderr=log
            )

        data = ["--data", "nlu.yml", "rules.yml", "--domain", "domain.yml", "--config", "config.yml"]
        if run("rasa", "train", "--fixed-model-name", "small", *data).wait():
            raise SystemExit((folder / "log.txt").read_text())
        files = ["--model", "models", "--credentials", "credentials.yml", "--endpoints", "endpoints.yml"]
        for command in (
            ["rasa_sdk", "--actions", "actions", "--port", str(actions)],
            ["rasa", "run", *files, "--interface", "127.0.0.1", "--port", str(rasa), "--enable-api"],
        ):
            process = run(*command)
            processes.callback(process.wait)
            processes.callback(process.terminate)
        url = f"http://127.0.0.1:{rasa}"
        wait_until_ready(url)
        yield url, folder


def wait_until_ready(url: str, seconds: float = 120) -> None:
    """Return when Rasa answers with a loaded model."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/webhooks/rest/", timeout=2).status_code == 200:
                return
        time.sleep(0.3)
    raise SystemExit(f"Rasa does not answer at {url}")


def talk(client: httpx.Client, messages: list[str], turns: int) -> list[float]:
    """One conversation; the milliseconds of each turn."""
    sender, spent = uuid.uuid4().hex, []
    for turn in range(turns):
        begun = time.perf_counter()
        answer = client.post(
            "/webhooks/rest/webhook", json={"sender": sender, "message": messages[turn % len(messages)]}
        )
        spent.append((time.perf_counter() - begun) * 1000)
        if not answer.raise_for_status().json():
            raise SystemExit(f"no answer to {messages[turn % len(messages)]!r} at turn {turn + 1}")
    return spent


def row(name: str, times: list[float]) -> str:
    """A line of the table: p50 and p95 in milliseconds."""
    return f"{name:>24} {median(times):9.1f} {quantiles(times, n=20)[-1]:9.1f}"


def measure(url: str, messages: list[str], conversations: int = 20, long_turns: int = 110) -> str:
    """Time short conversations and a long one, and return the table."""
    with httpx.Client(base_url=url, timeout=60) as client:
        talk(client, messages, 10)
        short = [talk(client, messages, 10) for _ in range(conversations)]
        long = talk(client, messages, long_turns)
    lines = [f"{'milliseconds':>24} {'p50':>9} {'p95':>9}"]
    lines += [row(f"turn {turn + 1}", [times[turn] for times in short]) for turn in range(10)]
    blocks = [long[start : start + 10] for start in range(0, long_turns, 10)]
    lines += [row(f"turns {i * 10 + 1}-{i * 10 + 10}", block) for i, block in enumerate(blocks)]
    lines.append(f"{'last block / first':>24} {median(blocks[-1]) / median(blocks[0]):9.2f}")
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a running Rasa with the REST channel")
    parser.add_argument("--stock", action="store_true", help="measure Rasa's own parts instead of ours")
    arguments = parser.parse_args()
    if arguments.url:
        print(measure(arguments.url, ASSISTANT_MESSAGES))
        return
    with small_bot(arguments.stock) as (url, _folder):
        print(measure(url, SMALL_BOT_MESSAGES))


if __name__ == "__main__":
    main()
