"""The teaching loop over HTTP: from a misread message to a model that is in use."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import yaml
from alembic import command
from sqlalchemy.engine import Engine

from aftercare.base.migrations import alembic_config
from aftercare.conversations.conversation import TokenUse
from aftercare.conversations.messages import NewMessage, OfferedChoice, TravellerMessage
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.store import Store
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.run.migrations.schema import SCRIPTS, migrate
from aftercare.staff.access.tables import audit_entry
from aftercare.staff.refresh import refresh
from aftercare.staff.teaching import checks, conversation_tests, corrections, examples, models, trainer, turn_examples
from aftercare.staff.teaching.checks import LOST_AFTER, Busy
from aftercare.staff.teaching.corrections import Annotation, NotOpen
from aftercare.staff.teaching.tables import annotation, model
from aftercare.staff.teaching.trainer import TRAINER
from aftercare.training import inputs, model_in_use
from aftercare.web.context import DESK
from tests.support.desk import RunningDesk
from tests.support.fake_rasa import FakeRasa
from tests.support.staff_client import StaffClient
from tests.support.waiting import eventually

Sign = Callable[..., StaffClient]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AUCKLAND = ZoneInfo("Pacific/Auckland")
USE = TokenUse(1, 60)
MISREAD = "我叫王小明，钱到底退哪儿去啦 NZ12345678"
MASKED = "我叫小王，钱到底退哪儿去啦 NZ10000001"

# Stands where the training would be; it obeys what the job's folder says.
FAKE_TRAINING = """
import json, os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
job = json.loads((folder / "job.json").read_text())
models = pathlib.Path(os.environ["TEST_MODELS"])
print("@ train", flush=True)
(folder / "started").touch()
mode = pathlib.Path(os.environ["TEST_MODE"]).read_text()
if mode == "hang":
    sys.stdin.read()
if mode == "fail":
    sys.exit("! no such intent")
(models / "candidates").mkdir(exist_ok=True)
(models / "candidates" / (job["name"] + ".tar.gz")).write_text("a model of " + str(job["sentences"]))
candidate = 0.70 if mode == "worse" else 0.85
result = {"fits": ["one", "two"], "messages": 1, "changed": [],
          "accuracy": {"current": {"zh": 0.8}, "candidate": {"zh": candidate}, "held_out": 10},
          "reviewed": {"current": 0, "candidate": 1, "all": 1}}
(folder / "result.json").write_text(json.dumps(result))
print("@ compare", flush=True)
"""

# Stands where the conversation tests would be played; also obeys.
FAKE_CHECK = """
import json, os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
job = json.loads((folder / "check.json").read_text())
mode = pathlib.Path(os.environ["TEST_CHECKS"]).read_text()
print("@ conversations", flush=True)
print("# " + json.dumps({"played": 1, "total": 2, "failed": ["repeat: twice [zh]"]}), flush=True)
(folder / "playing").touch()
if mode == "hang":
    sys.stdin.read()
if mode == "fail":
    sys.exit(1)
result = {"passed": ["repeat: once [en]", "repeat: twice [zh]"], "failures": []}
if mode != "good":  # passed or failed: how the model in use does
    wrong = {"name": result["passed"].pop(), "said": "> refund <b>", "wanted": "expected ['utter_x']", "before": mode}
    result["failures"].append(wrong)
(folder / "check-result.json").write_text(json.dumps(result))
"""


def understood(intent: str, confidence: float, *ranking: tuple[str, float], **more: Any) -> dict[str, Any]:
    listed = [{"name": n, "confidence": c} for n, c in (ranking or ((intent, confidence),))]
    return {"language": "zh", "intent": intent, "confidence": confidence, "ranking": listed, "entities": [], **more}


def talk(store: Store, *lines: tuple[str, dict[str, Any], list[NewMessage]]) -> str:
    """A conversation of typed messages and answers; a line beginning with "#" presses that choice."""
    key = store.open_conversation("web", "zh-CN", NOW).id
    for number, (text, turn, answers) in enumerate(lines):
        at = NOW + timedelta(minutes=number)
        choice = text[1:] if text.startswith("#") else None
        seq = store.accept(key, USE, TravellerMessage(str(number), "" if choice else text, choice), at).seq
        store.finish_turn(key, seq, answers, at, reading=TurnReading.from_json(turn))
    return key


def misread(store: Store) -> str:
    """The traveller is misread, and says by a button what was meant."""
    order = {"entity": "order_number", "start": 14, "end": 24, "value": "NZ12345678"}
    unsure = ("nlu_fallback", 0.6), ("request_refund", 0.3), ("ask_invoice", 0.2)
    buttons = [OfferedChoice("退款到哪了", "/check_refund_status")]
    answer = NewMessage(text="…", name="utter_x")
    asked = NewMessage(text="您是指…", name="utter_did_you_mean", choices=buttons)
    return talk(
        store,
        (MISREAD, understood("nlu_fallback", 0.6, *unsure, entities=[order], actions=["action_clarify"]), [asked]),
        ("#2-0", understood("check_refund_status", 1.0, actions=["action_refund_status"]), [answer]),
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Models and training data of this test's own."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "old.tar.gz").write_text("old")
    monkeypatch.setattr(model_in_use, "STATE", folder / "models" / "trained.json")
    monkeypatch.setattr(model_in_use, "MODELS", folder / "models")
    for module in (inputs, model_in_use):
        monkeypatch.setattr(module, "fingerprint", lambda *_: "now")
    monkeypatch.setattr(trainer, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setenv("TEST_MODELS", str(folder / "models"))
    monkeypatch.setenv("TEST_MODE", str(folder / "mode"))
    monkeypatch.setenv("TEST_CHECKS", str(folder / "checks"))
    (folder / "mode").write_text("good")
    (folder / "checks").write_text("good")
    (folder / "check.py").write_text(FAKE_CHECK)
    (folder / "job.py").write_text(FAKE_TRAINING)
    model_in_use.use(folder / "models" / "old.tar.gz", "now")
    for language in ("en", "zh"):
        (folder / "nlu" / language).mkdir(parents=True)
        (folder / "nlu" / language / "reviewed.yml").write_text('version: "3.1"\n\nnlu: []\n')
    monkeypatch.setattr(examples, "NLU", folder / "nlu")
    for language in ("en", "zh"):
        (folder / "turns" / language).mkdir(parents=True)
    known = 'situation: step\nturns:\n- asked: roaming\n  said:\n  - ["一直没有网", "step:failed"]\n'
    (folder / "turns" / "zh" / "step.yml").write_text(known)
    monkeypatch.setattr(turn_examples, "TURNS", folder / "turns")
    for function in (
        turn_examples.draft, turn_examples.conflict_of, turn_examples.patch, turn_examples.writable,
        turn_examples.write, turn_examples.lint,
    ):  # fmt: skip
        monkeypatch.setattr(function, "__defaults__", (folder / "turns",))
    for function in (
        examples.draft,
        examples.conflict_of,
        examples.patch,
        examples.writable,
        examples.write,
        examples.lint,
    ):
        monkeypatch.setattr(function, "__defaults__", (folder / "nlu",))
    return folder


def use_stand_ins(desk: RunningDesk, project: Path) -> trainer.Trainer:
    working = desk.app[TRAINER]
    working.command = [sys.executable, str(project / "job.py")]
    working.check_command = [sys.executable, str(project / "check.py")]
    return working


@pytest.fixture
def teaching(project: Path, desk: RunningDesk) -> RunningDesk:
    """A desk whose trainings and conversation tests are the stand-ins."""
    use_stand_ins(desk, project)
    migrate_orders(desk.settings.orders_database_url)
    return desk


def look(desk: RunningDesk) -> None:
    """What the desk does in the background, now."""
    parts = desk.app[DESK]
    refresh(parts.store.engine, parts.orders, AUCKLAND, datetime.now(UTC))


def only_item(desk: RunningDesk) -> Any:
    with desk.app[DESK].store.engine.connect() as connection:
        return connection.execute(sa.select(annotation)).one()


async def appears(path: Path) -> None:
    """Until a process of the test has written a file."""
    await eventually(path.exists)


async def next_second() -> None:
    """Until the clock shows another second than now."""
    now = datetime.now(UTC)
    await asyncio.sleep(1 - now.microsecond / 1e6)


async def until(client: StaffClient, path: str, words: str) -> str:
    """The page, once it says `words`."""
    for _ in range(600):
        text = await (await client.get(path)).text()
        if words in text:
            return text
        await asyncio.sleep(0.1)
    raise AssertionError(text)


async def accept_misread(desk: RunningDesk, client: StaffClient) -> None:
    misread(desk.app[DESK].store)
    look(desk)
    item = only_item(desk)
    form = {"action": "accept", "label": "check_refund_status", "spans": '[["order_number", 14, 24]]'}
    assert (await client.post(f"/desk/teaching/items/{item.id}", form)).status == 303


async def test_a_misread_message_waits_masked_with_what_the_traveller_chose(
    teaching: RunningDesk, as_role: Sign
) -> None:
    misread(teaching.app[DESK].store)
    look(teaching)
    page = await (await as_role("annotator").get("/desk/teaching")).text()
    assert MASKED in page
    assert "王小明" not in page
    assert "NZ12345678" not in page
    assert 'value="check_refund_status" data-key="1" checked' in page
    item = only_item(teaching)
    assert (item.text, item.reason, item.suggestion) == (MASKED, "corrected", "check_refund_status")
    look(teaching)
    only_item(teaching)  # looking again adds nothing


async def test_accepted_skipped_refused_and_undone(teaching: RunningDesk, as_role: Sign) -> None:
    client = as_role("annotator")
    await accept_misread(teaching, client)
    item = only_item(teaching)
    assert (item.state, item.label, item.decided_by) == ("accepted", "check_refund_status", "annotator@desk.example")
    again = await client.post(f"/desk/teaching/items/{item.id}", {"action": "skip"})
    assert again.status == 303
    assert only_item(teaching).state == "accepted"  # somebody was first
    assert (await client.post("/desk/teaching/undo")).headers["Location"] == f"/desk/teaching?item={item.id}"
    assert only_item(teaching).state == "open"
    for action, state in (("skip", "skipped"), ("refuse", "refused")):
        await client.post(f"/desk/teaching/items/{item.id}", {"action": action})
        assert only_item(teaching).state == state
        await client.post("/desk/teaching/undo")
    assert (await client.post("/desk/teaching/undo")).headers["Location"] == "/desk/teaching"


@pytest.mark.parametrize(
    "form",
    [
        {"action": "explode", "label": "greet"},
        {"action": "accept", "label": "greet", "spans": '[["order_number", 0, 400]]'},
        {"action": "accept", "label": "greet", "spans": '[["person", 0, 2]]'},
        {"action": "accept", "label": "greet", "spans": '[["email", 0, 4], ["device", 2, 6]]'},
        {"action": "accept", "label": "greet", "spans": "{"},
    ],
)
async def test_a_decision_that_makes_no_sense_is_refused(
    teaching: RunningDesk, as_role: Sign, form: dict[str, str]
) -> None:
    misread(teaching.app[DESK].store)
    look(teaching)
    answer = await as_role("annotator").post(f"/desk/teaching/items/{only_item(teaching).id}", form)
    assert answer.status == 400
    assert only_item(teaching).state == "open"


async def test_an_intent_that_does_not_exist_is_named_and_the_message_stays(
    teaching: RunningDesk, as_role: Sign
) -> None:
    misread(teaching.app[DESK].store)
    look(teaching)
    item, annotator = only_item(teaching), as_role("annotator")
    for label, told in (("no_such_intent", "no intent “no_such_intent”"), ("", "choose an intent")):
        answer = await annotator.post(f"/desk/teaching/items/{item.id}", {"action": "accept", "label": label})
        assert answer.headers["Location"] == f"/desk/teaching?item={item.id}"
        page = await (await annotator.get(answer.headers["Location"])).text()
        assert told in page
        assert "nothing was accepted yet" in page
    assert only_item(teaching).state == "open"


def answered_unclearly(store: Store, text: str = "王小明说订单 NZ12345678 还是转圈") -> str:
    """The traveller says how a step went, and it is read unsurely."""
    step = NewMessage(text="请打开数据漫游，订单 NZ12345678。", name="step.roaming")
    context = {
        "situation": "step",
        "asked": "roaming",
        "commands": [["step:works", 0.3], ["start:report_no_data", 0.2]],
        "units": [],
    }
    return talk(
        store,
        ("上不了网", understood("report_no_data", 0.95), [step]),
        (text, understood("report_no_data", 0.7, in_context=context), [NewMessage(text="…", name="utter_x")]),
    )


NONSENSE = [{"entity": name, "start": 0, "end": 14, "value": "x"} for name in ("order_number", "email")]


async def test_entities_that_cannot_be_are_neither_shown_nor_taught(teaching: RunningDesk, as_role: Sign) -> None:
    """Those of earlier messages used to span the whole sentence, one over the other."""
    store = teaching.app[DESK].store
    talk(
        store,
        (
            "明天能帮我订一家酒店吗谢谢你",
            understood("out_of_scope", 0.9, entities=NONSENSE),
            [NewMessage(text="…", name="utter_x")],
        ),
    )
    look(teaching)
    with store.engine.begin() as connection:  # as it was stored before
        connection.execute(
            sa.update(annotation).values(spans=[["order_number", 0, 14], ["email", 0, 14], ["destination", 0, 2]])
        )
    client, item = as_role("annotator"), only_item(teaching)
    shown = corrections.next_correction(store.engine)
    assert shown is not None
    assert [list(span) for span in shown.spans] == [["destination", 0, 2]]
    nonsense = json.dumps([["order_number", 0, 14], ["email", 0, 14]])
    for action, state in (("skip", "skipped"), ("refuse", "refused")):
        answer = await client.post(f"/desk/teaching/items/{item.id}", {"action": action, "spans": nonsense})
        assert (answer.status, only_item(teaching).state) == (303, state)
        page = await (await client.get("/desk/teaching/aside")).text()
        assert "明天能帮我订一家酒店吗谢谢你" in page
        await client.post("/desk/teaching/aside", {"ids": str(item.id)})
        assert only_item(teaching).state == "open"
    await client.post("/desk/teaching/groups", {"ids": str(item.id), "action": "accept", "label": "out_of_scope"})
    example = corrections.accepted(store.engine)[0].example
    assert example is not None
    assert example.line == "[明天](destination)能帮我订一家酒店吗谢谢你"


async def test_any_message_is_corrected_where_it_stands(teaching: RunningDesk, as_role: Sign) -> None:
    store = teaching.app[DESK].store
    order = {"entity": "order_number", "start": 15, "end": 25, "value": "NZ12345678"}
    context = {"situation": "step", "asked": "roaming", "commands": [["step:works", 0.99]], "units": []}
    sure = understood("affirm", 0.99, entities=[order], in_context=context)
    said = [NewMessage(text="Great, it works, NZ12345678.", name="utter_solved")]
    key = talk(
        store,
        ("no data", understood("report_no_data", 0.99), [NewMessage(text="Turn roaming on.", name="step.roaming_on")]),
        ("not great, sir NZ12345678 iPhone 15", sure, said),
    )
    look(teaching)
    assert corrections.next_correction(store.engine) is None  # nothing tells that it was misread
    agent, viewer = as_role("agent"), as_role("viewer")
    seq = next(each.seq for each in store.messages_after(key, 0, 9) if each.text.startswith("not great"))
    path = f"/desk/teaching/report/{key}/{seq}"
    assert (await viewer.get(path)).status == 403
    answered = await (await agent.get(f"/desk/teaching/report/{key}/{seq + 1}")).text()  # from the wrong answer
    form = await (await agent.get(path)).text()
    assert form == answered
    assert "not great, sir NZ10000001 iPhone 15" in form
    assert 'value="step:works" checked' in form
    given = {
        "intent": "deny", "commands": "step:failed", "spans": "order_number:15:25", "answer": "Ask for lei@x.nz first",
    }  # fmt: skip
    wrong = await agent.post(path, {**given, "part0": "Pixel", "entity0": "device"}, htmx=True)
    assert "These words are not in the message" in await wrong.text()
    wrong = await agent.post(path, {**given, "part0": "iPhone", "entity0": "order_number"}, htmx=True)
    assert "an order number looks like NZ10000001" in await wrong.text()
    done = await agent.post(path, {**given, "part0": "iPhone 15", "entity0": "device"}, htmx=True)
    assert "it is in the queue now" in await done.text()
    item = corrections.next_correction(store.engine, "reported")
    assert item is not None
    assert (item.reported_by, item.proposal, item.proposed_commands) == ("Agent", "deny", ("step:failed",))
    assert [list(span) for span in item.spans] == [["order_number", 15, 25], ["device", 26, 35]]
    assert (item.answered, item.wanted_answer) == (
        "Great, it works, NZ10000001.",
        "Ask for traveller@example.com first",
    )
    assert (item.situation, item.prompt) == ("step", "Turn roaming on.")
    look(teaching)
    annotator = as_role("annotator")
    page = await (await annotator.get("/desk/teaching?reason=reported")).text()
    assert "Reported by Agent" in page
    assert "Ask for traveller@example.com first" in page
    assert 'value="step:failed" checked' in page
    assert f'href="/desk/inbox/c/{key}?tab=all&amp;m={seq}"' in page
    await annotator.post(f"/desk/teaching/items/{item.id}", {"action": "skip"})
    await agent.post(path, given, htmx=True)  # reported again: open again
    assert corrections.open_counts(store.engine) == {"reported": 1}


async def test_what_a_message_does_in_its_situation_is_shown_and_taught(
    teaching: RunningDesk, as_role: Sign, project: Path
) -> None:
    answered_unclearly(teaching.app[DESK].store)
    look(teaching)
    item = only_item(teaching)
    assert (item.reason, item.situation, item.asked) == ("low_confidence", "step", "roaming")
    assert item.prompt == "请打开数据漫游，订单 NZ10000001。"
    annotator = as_role("annotator")
    page = await (await annotator.get("/desk/teaching")).text()
    assert "Had given a step to try: " in page
    assert item.prompt in page
    assert "NZ12345678" not in page
    assert 'value="step:works"> The step helped <code>step:works</code>' in page
    assert page.count('name="commands" value="step:works"') == 1
    assert 'value="observe:slow"> Slow <code>' in page
    form = {"action": "accept", "label": "", "commands": "step:failed"}
    assert (await annotator.post(f"/desk/teaching/items/{item.id}", form)).status == 303
    assert (only_item(teaching).label, only_item(teaching).commands) == (None, ["step:failed"])
    lead = as_role("lead")
    page = await (await lead.get("/desk/teaching/sentences")).text()
    assert "The step did not help" in page
    patch = await (await lead.get("/desk/teaching/reviewed.patch")).text()
    assert "b/data/turns/zh/taught_step.yml" in patch
    assert f"    - {item.text}" not in patch  # no sentence: no intent was given
    assert (await lead.post("/desk/teaching/sentences/write")).status == 303
    written = yaml.safe_load((project / "turns" / "zh" / "taught_step.yml").read_text())
    assert written == {"situation": "step", "turns": [{"asked": "roaming", "said": [[item.text, "step:failed"]]}]}
    assert "NZ10000001" in item.text
    assert only_item(teaching).written_at is not None


@pytest.mark.parametrize(
    "form",
    [
        {"label": "greet", "commands": "sings"},
        {"label": "greet", "commands": "start:dance"},
        {"label": "", "commands": ""},
    ],
)
async def test_commands_that_make_no_sense_are_refused(
    teaching: RunningDesk, as_role: Sign, form: dict[str, str]
) -> None:
    answered_unclearly(teaching.app[DESK].store)
    look(teaching)
    answer = await as_role("annotator").post(
        f"/desk/teaching/items/{only_item(teaching).id}", {"action": "accept"} | form
    )
    assert answer.status == 400
    assert only_item(teaching).state == "open"


async def test_intent_and_commands_must_not_begin_different_matters(teaching: RunningDesk, as_role: Sign) -> None:
    answered_unclearly(teaching.app[DESK].store)
    look(teaching)
    item = only_item(teaching)
    annotator = as_role("annotator")
    form = {"action": "accept", "label": "request_refund", "commands": "start:report_no_data"}
    answer = await annotator.post(f"/desk/teaching/items/{item.id}", form)
    assert answer.headers["Location"] == f"/desk/teaching?item={item.id}"
    assert (
        "but “Begins: Bars, but no internet” is still checked" in await (await annotator.get("/desk/teaching")).text()
    )
    assert only_item(teaching).state == "open"
    form["commands"] = "start:request_refund"
    await annotator.post(f"/desk/teaching/items/{item.id}", form)
    assert only_item(teaching).commands == ["start:request_refund"]
    await annotator.post("/desk/teaching/undo")
    assert (only_item(teaching).state, only_item(teaching).commands) == ("open", None)


async def test_a_turn_that_contradicts_another_is_told_at_once_and_left_out(
    teaching: RunningDesk, as_role: Sign, project: Path
) -> None:
    answered_unclearly(teaching.app[DESK].store, "一直没有网")
    look(teaching)
    lead = as_role("lead")
    form = {"action": "accept", "label": "report_no_data", "commands": "step:works"}
    await lead.post(f"/desk/teaching/items/{only_item(teaching).id}", form)
    page = await (await lead.get("/desk/teaching")).text()
    assert "stands in zh/step.yml:5 for the same situation as: The step did not help" in page
    page = await (await lead.get("/desk/teaching/sentences")).text()
    assert "was accepted as: The step helped" in page
    assert "taught_step" not in await (await lead.get("/desk/teaching/reviewed.patch")).text()
    await lead.post("/desk/teaching/sentences/write")
    assert not (project / "turns" / "zh" / "taught_step.yml").exists()
    assert only_item(teaching).written_at is None  # a part of it is open


async def test_a_candidate_is_trained_with_the_taught_turns(
    teaching: RunningDesk, as_role: Sign, project: Path
) -> None:
    answered_unclearly(teaching.app[DESK].store)
    look(teaching)
    lead = as_role("lead")
    form = {"action": "accept", "label": "", "commands": "step:failed"}
    await lead.post(f"/desk/teaching/items/{only_item(teaching).id}", form)
    path = (await lead.post("/desk/models/train")).headers["Location"]
    await until(lead, path, "85.0 %")
    made = models.get_model(teaching.app[DESK].store.engine, int(path.rpartition("/")[2]))
    assert made is not None
    assert made.sentences == 1
    job = json.loads((teaching.app[TRAINER].log_path(made.name).parent / "job.json").read_text())
    assert list(job["turns"]) == ["zh/taught_step.yml"]
    assert job["sentences"] == []


def test_what_waits_is_kept_by_the_migration_of_commands_both_ways(desk_engine: Engine) -> None:
    migrate(desk_engine)
    values = {"seq": 1, "at": NOW, "reason": "low_confidence", "language": "en", "text": "still nothing", "spans": []}
    with desk_engine.begin() as connection:
        connection.execute(
            sa.insert(annotation).values(
                ranking=[], state="accepted", label="inform", situation="step", commands=["step:failed"], **values
            )
        )
        command.downgrade(alembic_config(SCRIPTS, connection), "0016")
        columns = {each["name"] for each in sa.inspect(connection).get_columns("annotation")}
        assert not columns & {"situation", "asked", "prompt", "read_commands", "commands"}
    migrate(desk_engine)
    with desk_engine.connect() as connection:
        kept = connection.execute(sa.select(annotation)).one()
    assert (kept.text, kept.label, kept.situation, kept.commands) == ("still nothing", "inform", None, None)
    (correction,) = corrections.accepted(desk_engine)
    assert correction.turn is None
    assert correction.example is not None


async def test_accepted_sentences_as_patch_and_written(teaching: RunningDesk, as_role: Sign, project: Path) -> None:
    lead = as_role("lead")
    await accept_misread(teaching, lead)
    page = await (await lead.get("/desk/teaching/sentences")).text()
    assert "[NZ10000001](order_number)" in page
    patch = await (await lead.get("/desk/teaching/reviewed.patch")).text()
    assert "+    - 我叫小王，钱到底退哪儿去啦 [NZ10000001](order_number)" in patch
    assert (await lead.post("/desk/teaching/sentences/write")).status == 303
    written = yaml.safe_load((project / "nlu" / "zh" / "reviewed.yml").read_text())["nlu"]
    assert written == [
        {"intent": "check_refund_status", "examples": "- 我叫小王，钱到底退哪儿去啦 [NZ10000001](order_number)\n"}
    ]
    assert only_item(teaching).written_at is not None
    assert "Nothing accepted yet" in await (await lead.get("/desk/teaching/sentences")).text()
    assert (await as_role("annotator").post("/desk/teaching/sentences/write")).status == 403


async def test_a_sentence_of_another_intent_is_told_at_once(
    teaching: RunningDesk, as_role: Sign, project: Path
) -> None:
    text = f"nlu:\n- intent: ask_invoice\n  examples: |\n    - {MASKED}\n"
    (project / "nlu" / "zh" / "payment.yml").write_text(text)
    annotator = as_role("annotator")
    await accept_misread(teaching, annotator)
    page = await (await annotator.get("/desk/teaching")).text()
    assert "stands in zh/payment.yml as ask_invoice already, so it cannot be check_refund_status as well" in page
    page = await (await annotator.get("/desk/teaching/sentences")).text()
    assert "but zh/payment.yml has it as ask_invoice" in page
    assert MASKED[:12] not in await (await annotator.get("/desk/teaching/reviewed.patch")).text()


async def test_nothing_is_written_while_the_lint_complains(teaching: RunningDesk, as_role: Sign, project: Path) -> None:
    lead = as_role("lead")
    await accept_misread(teaching, lead)
    with teaching.app[DESK].store.engine.begin() as connection:
        connection.execute(sa.update(annotation).values(text="an English sentence in the Chinese file", spans=[]))
    page = await (await lead.post("/desk/teaching/sentences/write")).text()
    assert "is written in en" in page
    assert "Take it back and refuse it with x" in page
    assert "nlu: []" in (project / "nlu" / "zh" / "reviewed.yml").read_text()


async def test_a_candidate_is_trained_compared_activated_and_left_again(
    teaching: RunningDesk, as_role: Sign, rasa: FakeRasa, project: Path
) -> None:
    lead = as_role("lead")
    await accept_misread(teaching, lead)
    started = await lead.post("/desk/models/train")
    path = started.headers["Location"]
    page = await until(lead, path, "2 / 2")
    assert "80.0 %" in page
    assert "85.0 %" in page
    made = models.get_model(teaching.app[DESK].store.engine, int(path.rpartition("/")[2]))
    assert made is not None
    assert (made.state, made.sentences, made.regressions) == ("ready", 1, ())
    assert MASKED in made.path.read_text()
    assert model_in_use.current_model() == project / "models" / "old.tar.gz"
    assert "@ train" in await (await lead.get(f"{path}/log")).text()
    before = models.active_model()

    assert (await lead.post(f"{path}/activate")).status == 303
    assert model_in_use.current_model() == made.path
    assert rasa.models == [str(made.path)]
    now = models.active_model()
    assert now is not None
    assert before is not None
    assert now[0] == made.path
    assert now[1] != before[1]

    assert "Go back to old" in await (await lead.get("/desk/models")).text()
    assert (await lead.post("/desk/models/rollback")).status == 303
    assert model_in_use.current_model() == project / "models" / "old.tar.gz"
    assert models.active_model() == before
    with teaching.app[DESK].store.engine.connect() as connection:
        query = sa.select(audit_entry.c.subject).where(audit_entry.c.action == "model.activated")
        assert list(connection.execute(query.order_by(audit_entry.c.id)).scalars()) == [made.name, "old"]


async def test_a_model_that_does_worse_needs_a_written_reason(
    teaching: RunningDesk, as_role: Sign, rasa: FakeRasa, project: Path
) -> None:
    (project / "mode").write_text("worse")
    lead = as_role("lead")
    path = (await lead.post("/desk/models/train")).headers["Location"]
    await until(lead, path, "2 / 2")
    await lead.post(f"{path}/activate", {"reason": "because"})
    assert rasa.models == []
    await lead.post(f"{path}/activate", {"reason": "Refunds matter more today."})
    assert len(rasa.models) == 1
    (use,) = models.uses(teaching.app[DESK].store.engine)
    assert use.reason == "Refunds matter more today."


async def test_a_model_rasa_does_not_take_stays_out_of_use(
    teaching: RunningDesk, as_role: Sign, rasa: FakeRasa, project: Path
) -> None:
    lead = as_role("lead")
    path = (await lead.post("/desk/models/train")).headers["Location"]
    await until(lead, path, "2 / 2")
    rasa.status = 400
    await lead.post(f"{path}/activate")
    assert model_in_use.current_model() == project / "models" / "old.tar.gz"
    assert "answers as before" in await (await lead.get(path)).text()


async def test_one_training_at_a_time_and_it_can_be_stopped(
    teaching: RunningDesk, as_role: Sign, project: Path
) -> None:
    (project / "mode").write_text("hang")
    lead = as_role("lead")
    path = (await lead.post("/desk/models/train")).headers["Location"]
    await until(lead, path, 'aria-current="step">Train')
    assert (await lead.post("/desk/models/train")).headers["Location"] == "/desk/models"
    assert (await lead.post(f"{path}/cancel")).status == 303
    await until(lead, path, "Cancelled")
    (project / "mode").write_text("good")
    await next_second()  # seconds tell the names of candidates apart
    other = (await lead.post("/desk/models/train")).headers["Location"]
    await until(lead, other, "Compared with")


async def test_a_failed_training_says_why(teaching: RunningDesk, as_role: Sign, project: Path) -> None:
    (project / "mode").write_text("fail")
    lead = as_role("lead")
    path = (await lead.post("/desk/models/train")).headers["Location"]
    await until(lead, path, "Failed")
    assert "! no such intent" in await (await lead.get(f"{path}/log")).text()
    assert (await lead.post(f"{path}/activate")).status == 303
    assert model_in_use.current_model() == project / "models" / "old.tar.gz"


async def test_progress_is_streamed_until_the_end(teaching: RunningDesk, as_role: Sign, project: Path) -> None:
    lead = as_role("lead")
    path = (await lead.post("/desk/models/train")).headers["Location"]
    text = await (await lead.get(f"{path}/progress")).text()
    assert text.rstrip().rpartition("event: ")[2].startswith("done\n")
    assert "Compared with" in await (await lead.get(path)).text()


async def test_a_training_ends_with_its_desk_and_is_marked(
    project: Path, start_desk: Callable[..., Any], tmp_path: Path
) -> None:
    (project / "mode").write_text("hang")
    desk = await start_desk()
    working = use_stand_ins(desk, project)
    made = await working.start(examples.draft([]), turn_examples.draft([]), [], "lead@desk.example", datetime.now(UTC))
    await appears(tmp_path / "training" / made.name / "started")
    process = working._process
    await desk.stop()
    assert process.returncode is not None
    again = await start_desk()
    found = models.get_model(again.app[DESK].store.engine, made.id)
    assert found is not None
    assert found.state == "interrupted"


def test_a_training_without_a_sign_of_life_was_interrupted(desk_engine: Engine) -> None:
    values = {"made_by": "a", "started_at": NOW, "sentences": 0, "fits": [], "state": "training", "beat_at": NOW}
    with desk_engine.begin() as connection:
        connection.execute(sa.insert(model).values(file="candidates/a.tar.gz", **values))
    job = {"name": "b", "taught": 0, "current": None}
    trainer.sweep(desk_engine, NOW + LOST_AFTER)
    with pytest.raises(Busy):
        trainer._enter(desk_engine, job, "b", NOW)
    trainer.sweep(desk_engine, NOW + LOST_AFTER + timedelta(seconds=1))
    assert trainer._enter(desk_engine, job, "b", NOW).state == "training"
    assert {each.state for each in models.history(desk_engine)} == {"interrupted", "training"}


def test_the_trainings_process_ends_when_its_desk_is_killed(tmp_path: Path) -> None:
    script = "import threading, time; from aftercare.training import candidate as c\n"
    script += (
        "threading.Thread(target=c._end_with_the_desk, daemon=True).start(); print('up', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.stdin.close()
    assert process.wait(60) == -9


async def test_the_quick_conversation_tests_follow_a_training(
    teaching: RunningDesk, as_role: Sign, rasa: FakeRasa, project: Path
) -> None:
    (project / "checks").write_text("hang")
    lead = as_role("lead")
    path = (await lead.post("/desk/models/train")).headers["Location"]
    page = await until(lead, path, "1 of 2 played, 1 failed")
    assert "Compared with" in page  # the figures are there meanwhile
    assert "have not been played with this model" in page
    await lead.post(f"{path}/activate")
    assert rasa.models == []
    for heavy in ("/desk/models/train", f"{path}/check"):
        assert (await lead.post(heavy, {"part": "all"})).status == 303
        assert "being trained or checked already" in await (await lead.get(path)).text()
    assert (await lead.post(f"{path}/cancel")).status == 303
    await until(lead, path, "“quick” was stopped before the end")
    (project / "checks").write_text("good")
    assert (await lead.post(f"{path}/check", {"part": "repeat"})).status == 303
    await until(lead, path, "2 / 2")
    await lead.post(f"{path}/activate")
    assert len(rasa.models) == 1


async def test_a_script_that_fails_with_this_model_alone_is_a_regression(
    teaching: RunningDesk, as_role: Sign, rasa: FakeRasa, project: Path
) -> None:
    (project / "checks").write_text("passed")
    lead = as_role("lead")
    path = (await lead.post("/desk/models/train")).headers["Location"]
    page = await until(lead, path, "1 / 2")
    for words in ("&gt; refund &lt;b&gt;", "expected [&#39;utter_x&#39;]", "the model in use passes it", "does worse"):
        assert words in page
    await lead.post(f"{path}/activate")
    assert rasa.models == []
    (project / "checks").write_text("failed")
    await lead.post(f"{path}/check", {"part": "repeat"})
    assert "does worse" not in await until(lead, path, "fails with the model in use too")
    await lead.post(f"{path}/activate")
    assert len(rasa.models) == 1
    assert "1 / 2" in await (await lead.get("/desk/models")).text()


async def test_a_check_that_cannot_be_played_counts_for_nothing(
    teaching: RunningDesk, as_role: Sign, project: Path
) -> None:
    (project / "checks").write_text("fail")
    lead = as_role("lead")
    path = (await lead.post("/desk/models/train")).headers["Location"]
    page = await until(lead, path, "“quick” could not be played")
    assert "have not been played with this model" in page
    assert "@ conversations" in await (await lead.get(f"{path}/log?of=conversations")).text()


async def test_where_no_tests_are_installed_the_page_says_how_to_play_them(
    teaching: RunningDesk, as_role: Sign, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation_tests, "CONVERSATIONS", project / "none")
    lead = as_role("lead")
    path = (await lead.post("/desk/models/train")).headers["Location"]
    page = await until(lead, path, "are not installed here")
    assert "have not been played" not in page
    assert "write down how you checked it" in page
    await lead.post(f"{path}/activate")
    assert model_in_use.current_model() == project / "models" / "old.tar.gz"
    assert (await lead.post(f"{path}/check", {"part": "all"})).status == 400
    saved = await lead.get(f"{path}/file")
    assert "candidate-" in saved.headers["Content-Disposition"]
    assert (await saved.text()).startswith("a model of")


async def test_conversation_tests_end_with_their_desk_and_are_marked(
    project: Path, start_desk: Callable[..., Any], tmp_path: Path
) -> None:
    (project / "checks").write_text("hang")
    desk = await start_desk()
    working = use_stand_ins(desk, project)
    engine = desk.app[DESK].store.engine
    current = models.note_active(engine, datetime.now(UTC))
    assert current is not None
    await working.check(current, "all", "lead@desk.example", datetime.now(UTC))
    await appears(tmp_path / "training" / "old" / "playing")
    process = working._process
    await desk.stop()
    assert process is not None
    assert process.returncode is not None
    again = await start_desk()
    with again.app[DESK].store.engine.connect() as connection:
        check = checks.latest(connection, current.id)
    assert check is not None
    assert check.state == "interrupted"


def test_conversation_tests_without_a_sign_of_life_were_interrupted(desk_engine: Engine, project: Path) -> None:
    current = models.note_active(desk_engine, NOW)
    assert current is not None
    checks.start(desk_engine, current.id, "all", "a", NOW)
    with pytest.raises(Busy):
        checks.start(desk_engine, current.id, "all", "b", NOW)
    with pytest.raises(Busy):  # neither is a model trained meanwhile
        trainer._enter(desk_engine, {"name": "b", "sentences": [], "current": None}, "b", NOW)
    trainer.sweep(desk_engine, NOW + LOST_AFTER + timedelta(seconds=1))
    checks.start(desk_engine, current.id, "all", "b", NOW)


def test_two_annotators_never_both_decide(desk_engine: Engine, store: Store, tmp_path: Path) -> None:
    misread(store)
    migrate_orders(f"sqlite:///{tmp_path}/orders.db")
    from aftercare.base.database import open_engine

    orders = open_engine(f"sqlite:///{tmp_path}/orders.db")
    refresh(desk_engine, orders, AUCKLAND, NOW)
    item = corrections.next_correction(desk_engine)
    assert item is not None
    corrections.annotate(desk_engine, [item.id], Annotation("accepted", "greet"), "one", NOW)
    with pytest.raises(NotOpen):
        corrections.annotate(desk_engine, [item.id], Annotation("refused"), "two", NOW)
    store.delete(item.conversation_id or "")
    assert [each.text for each in corrections.accepted(desk_engine)] == [MASKED]  # masked, it outlives the conversation
    corrections.undo(desk_engine, "one")
    assert corrections.next_correction(desk_engine) is None  # but is offered to nobody again
    refresh(desk_engine, orders, AUCKLAND, NOW)
    assert corrections.get_correction(desk_engine, item.id) is None


async def test_similar_messages_are_decided_together(teaching: RunningDesk, as_role: Sign) -> None:
    store = teaching.app[DESK].store
    for text in ("tell me a joke", "please tell me a joke", "讲个笑话"):
        talk(store, (text, understood("out_of_scope", 0.9), [NewMessage(text="…", name="utter_out_of_scope")]))
    look(teaching)
    client = as_role("annotator")
    assert "2 like this" in await (await client.get("/desk/teaching/groups")).text()
    group = corrections.groups(store.engine)[0]
    form = [("ids", str(item.id)) for item in group] + [("action", "accept"), ("label", "out_of_scope")]
    await client.post("/desk/teaching/groups", form)
    assert {item.text for item in corrections.accepted(store.engine)} == {"tell me a joke", "please tell me a joke"}
    undone = await client.post("/desk/teaching/undo", {"groups": "1"})
    assert undone.headers["Location"] == "/desk/teaching/groups"
    assert corrections.accepted(store.engine) == []
    assert "2 like this" in await (await client.get("/desk/teaching/groups")).text()


async def test_a_conversation_as_script_and_story(teaching: RunningDesk, as_role: Sign) -> None:
    key = misread(teaching.app[DESK].store)
    client = as_role("annotator")
    assert "choose: /check_refund_status" in await (await client.get(f"/desk/teaching/conversations/{key}")).text()
    script = yaml.safe_load(await (await client.get(f"/desk/teaching/conversations/{key}/file")).text())
    assert script == [
        {
            "script": f"conversation {key[:8]}",
            "languages": ["zh"],
            "steps": [
                {"user": MASKED.replace("NZ10000001", "NZ99999999"), "replies": ["utter_did_you_mean"]},
                {"choose": "/check_refund_status", "replies": ["utter_x"]},
            ],
        }
    ]
    story = yaml.safe_load(await (await client.get(f"/desk/teaching/conversations/{key}/file?as=story")).text())
    assert story["stories"][0]["steps"] == [
        {"intent": "nlu_fallback", "entities": [{"order_number": "NZ10000001"}]},
        {"action": "action_clarify"},
        {"intent": "check_refund_status"},
        {"action": "action_refund_status"},
    ]
    assert (await client.get("/desk/teaching/conversations/nobody")).status == 404
