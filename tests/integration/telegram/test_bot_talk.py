"""The bot as travellers meet it: words, buttons, pictures, commands; each in both modes."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from aftercare.base.database import open_engine, utc_now
from aftercare.base.language import Language
from aftercare.conversations import staff_actions, texts
from aftercare.conversations.messages import NewMessage, OfferedChoice
from aftercare.conversations.tables import conversation, event
from aftercare.conversations.tables import rating as rating_table
from aftercare.telegram.store import Chat
from tests.support.bot_api import NAME, BotApi, Json, units
from tests.support.screens import screen_png
from tests.support.telegram_desk import HASTY, BotDesk
from tests.support.waiting import eventually

KIM, MEI = 501, 502


def png(width: int = 40, height: int = 30) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "#336699").save(buffer, "PNG")
    return buffer.getvalue()


def traveller(events: list[Any]) -> list[str]:
    return [event.text for event in events if event.sender == "traveller"]


async def answers(bot: BotDesk, chat_id: int, *outgoing: NewMessage) -> None:
    """Store answers as a turn of the assistant does."""

    def store(conversation_id: str) -> Any:
        with bot.desk.store.engine.connect() as connection:
            last = connection.execute(sa.select(sa.func.max(event.c.seq))).scalar_one()
            connection.execute(
                sa.update(event)
                .where(event.c.conversation_id == conversation_id, event.c.sender == "traveller", event.c.seq <= last)
                .values(status="pending")
            )
            seq = connection.execute(
                sa.select(sa.func.max(event.c.seq)).where(
                    event.c.conversation_id == conversation_id, event.c.sender == "traveller"
                )
            ).scalar_one()
            connection.commit()
        return bot.desk.store.finish_turn(conversation_id, seq, outgoing, utc_now())

    conversation_id = await bot.conversation(chat_id)
    done = await bot.desk.worker.run(store, conversation_id)
    bot.desk.hub.publish_stored(conversation_id, done.stored)


async def chat(bot: BotDesk, chat_id: int) -> Chat:
    found = await bot.desk.worker.run(bot.telegram.store.chat, chat_id)
    assert found is not None
    return found


async def test_words_are_answered_in_order_and_escaped(bot: BotDesk, api: BotApi) -> None:
    for number in range(6):
        api.say(KIM, f"text {number}")
        api.say(MEI, f"你好 {number} <b>&amp; \\ _*")
    await api.shown(KIM, "echo text 5")
    await api.shown(MEI, "echo 你好 5")
    assert [sent.text for sent in api.to(KIM)] == [f"echo text {number}" for number in range(6)]
    assert [sent.text for sent in api.to(MEI)] == [f"echo 你好 {number} <b>&amp; \\ _*" for number in range(6)]
    assert all(json.loads(sent.params["link_preview_options"])["is_disabled"] for sent in api.sent)
    assert api.refusals == []


async def test_choices_are_a_keyboard_that_counts_once(bot: BotDesk, api: BotApi) -> None:
    api.say(KIM, "buttons")
    asked = await api.shown(KIM, "Sure?")
    assert [len(row) for row in asked.keyboard] == [1, 1]
    assert asked.titles == ["Yes", "No"]
    stale = api.say(KIM, "wait")  # buttons stay usable while others write
    first = api.press(KIM, asked, "Yes")
    second = api.press(KIM, asked, "No")
    await api.shown(KIM, "payload /affirm")
    await api.until(lambda: {first, second} <= set(api.answered), "both presses answered")
    await api.until(lambda: asked.keyboard == [], "the keyboard removed")
    api.say(KIM, "over")
    await api.shown(KIM, "echo over")
    assert traveller(await bot.events(KIM)) == ["buttons", stale["message"]["text"], "Yes", "over"]


async def test_a_button_that_is_gone_is_answered(bot: BotDesk, api: BotApi) -> None:
    api.say(KIM, "buttons")
    asked = await api.shown(KIM, "Sure?")
    query = api.press(MEI, asked, "Yes")  # somebody else's conversation
    await api.until(lambda: query in api.answered)
    assert "no longer" in api.answered[query]
    assert traveller(await bot.events(KIM)) == ["buttons"]


async def test_plans_are_photos_with_their_button(bot: BotDesk, api: BotApi) -> None:
    api.say(KIM, "plans")
    last = await api.shown(KIM, "Only to look at")
    cards = api.to(KIM)
    assert [sent.method for sent in cards] == ["sendPhoto"] * 3
    assert cards[0].titles == ["Take this"]
    assert last.titles == []
    for part in ("Tasman 10 GB", "NZ$39.00", "30 days", "lasts your trip"):
        assert part in cards[0].text
    assert Image.open(io.BytesIO(cards[0].content)).width == 720
    api.press(KIM, cards[0], "Take this")
    await api.shown(KIM, "payload /take{}")
    assert cards[1].titles == ["Kiwi 3 GB"]
    assert api.refusals == []


async def test_pictures_go_both_ways(bot: BotDesk, api: BotApi) -> None:
    api.photo(KIM, png())
    await api.shown(KIM, "the picture is saved")
    stored = (await bot.events(KIM))[0]
    assert stored.image.startswith("/media/")
    assert (await bot.desk.worker.run(bot.desk.store.get_picture, stored.image[7:]))[0] == "image/jpeg"
    api.photo(KIM, png(), caption="what is this")
    await api.shown(KIM, "echo what is this")
    api.photo(KIM, b"GIF89a nonsense")
    await api.shown(KIM, "not a picture")

    address = "data:image/png;base64," + base64.b64encode(png()).decode()
    await answers(bot, KIM, NewMessage("Scan this. A < B", image=address), NewMessage("x" * 2000, image=address))
    shown = await api.shown(KIM, "A < B")
    assert (shown.method, shown.content) == ("sendPhoto", png())
    await api.shown(KIM, "xxx")
    assert [(s.method, len(s.text)) for s in api.to(KIM)[-2:]] == [("sendPhoto", 0), ("sendMessage", 2000)]
    # too long and thin for a photo: as a file
    await answers(bot, KIM, NewMessage("Thin", image="data:image/png;base64," + base64.b64encode(png(900, 9)).decode()))
    assert (await api.shown(KIM, "Thin")).method == "sendDocument"


async def test_an_album_is_answered_once(bot: BotDesk, api: BotApi) -> None:
    for _ in range(3):
        api.photo(KIM, png(), album="a1")
    await api.shown(KIM, "the picture is saved")
    api.photo(KIM, png(), caption="what are these", album="a2")
    api.photo(KIM, png(), album="a2")
    api.say(KIM, "and this")
    await api.shown(KIM, "echo and this")
    events = await bot.events(KIM)
    assert [event.text for event in events if event.sender == "traveller"] == [*[""] * 4, "what are these", "and this"]
    assert [sent.text[:19] for sent in api.to(KIM)] == ["Thank you, the pict", "echo what are these", "echo and this"]


async def test_long_texts_come_in_parts_at_the_ends_of_sentences(bot: BotDesk, api: BotApi) -> None:
    api.say(KIM, "hi")
    await api.shown(KIM, "echo hi")
    text = "".join(f"第{number}句话说明一个步骤😀。" for number in range(900))
    await answers(bot, KIM, NewMessage(text, choices=[OfferedChoice("OK", "/affirm")]))
    last = await api.shown(KIM, "第899句")
    parts = api.to(KIM)[1:]
    assert len(parts) >= 3
    assert "".join(part.text for part in parts) == text
    assert all(part.text.endswith("。") and units(part.text) <= 4096 for part in parts)
    assert [part.titles for part in parts] == [[]] * (len(parts) - 1) + [["OK"]]
    assert last is parts[-1]
    # a long one of the traveller's arrives whole
    api.say(KIM, "y" * 4000)
    await api.shown(KIM, "echo y")
    assert traveller(await bot.events(KIM))[-1] == "y" * 4000


async def test_commands(bot: BotDesk, api: BotApi) -> None:
    api.say(KIM, "/start")
    await api.shown(KIM, "payload /greet")
    api.say(MEI, "/start", language="zh-hant")
    await api.shown(MEI, "payload /greet")
    api.say(KIM, "/start NZ10000001")
    await api.shown(KIM, 'payload /inform{"order_number": "NZ10000001"}')
    api.say(KIM, "/help")
    assert "/agent" in (await api.shown(KIM, "activation, signal")).text
    api.say(MEI, "/help@" + NAME, language="zh-hant")
    await api.shown(MEI, "訊號")
    api.say(KIM, "/dance")
    await api.shown(KIM, "don't know this command")
    api.say(KIM, "/agent")
    await api.shown(KIM, "payload /human_handoff")
    api.say(KIM, '/inform{"order_number":"NZ10000003"}')  # typed text is never a payload
    await api.shown(KIM, 'echo /inform{"order_number":"NZ10000003"}')

    # the conversation shows what each command says
    said = traveller(await bot.events(KIM))
    assert said[:2] == ["Hello", "Hello, my order number is NZ10000001"]
    assert said[-2] == "Talk to a person"
    assert traveller(await bot.events(MEI))[0] == "你好"

    api.say(KIM, "/language")
    asked = await api.shown(KIM, "Which language")
    assert asked.titles == ["简体中文", "繁體中文", "English"]
    api.press(KIM, asked, "繁體中文")
    await api.shown(KIM, "我們用中文")
    api.say(KIM, "/help")
    await api.shown(KIM, "訊號")
    assert api.refusals == []


async def test_reworded_labels_are_read_as_before(bot: BotDesk, api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def reworded(name: str, language: Language, **values: object) -> str:
        return f"{name} in other words"

    monkeypatch.setattr(texts, "phrase", reworded)
    api.say(KIM, "/start")
    await api.shown(KIM, "payload /greet")
    api.say(KIM, "/start NZ10000001")
    await api.shown(KIM, 'payload /inform{"order_number": "NZ10000001"}')
    api.say(KIM, "/agent")
    await api.shown(KIM, "payload /human_handoff")
    api.update(message=api.message(KIM, location={"latitude": -45.02, "longitude": 168.70}))
    await api.shown(KIM, 'payload /ask_coverage{"location": "Queenstown"}')
    labels = ("hello", "hello_order", "agent", "location")
    assert traveller(await bot.events(KIM)) == [f"telegram_{label} in other words" for label in labels]


async def test_what_is_kept_can_be_taken_along_and_deleted(bot: BotDesk, api: BotApi) -> None:
    api.say(KIM, "my secret is kiwi-7391")
    await api.shown(KIM, "echo my secret")
    api.say(KIM, "/privacy")
    asked = await api.shown(KIM, "are kept")
    api.press(KIM, asked, "Download this chat")
    file = await api.until(lambda: next((s for s in api.to(KIM) if s.method == "sendDocument"), None))
    assert file.filename == "chat.json"
    assert "kiwi-7391" in json.loads(file.content)["events"][0]["text"]

    api.say(KIM, "/privacy")
    asked = await api.until(lambda: [s for s in api.to(KIM) if "Delete this chat" in s.titles][-1])
    api.press(KIM, asked, "Delete this chat")
    sure = await api.shown(KIM, "cannot be undone")
    before = await bot.conversation(KIM)
    api.press(KIM, sure, "No, keep it")
    await api.shown(KIM, "Nothing was deleted")
    api.say(KIM, "/privacy")
    asked = await api.until(lambda: [s for s in api.to(KIM) if "Delete this chat" in s.titles][-1:])
    api.press(KIM, asked[0], "Delete this chat")
    sure = await api.until(lambda: next((s for s in reversed(api.to(KIM)) if "Yes, delete" in s.titles), None))
    api.press(KIM, sure, "Yes, delete")
    await api.shown(KIM, "Deleted.")
    assert bot.rasa.erased == [before]
    with open_engine(bot.settings.desk_database_url).connect() as connection:
        assert connection.execute(sa.select(conversation).where(conversation.c.id == before)).one_or_none() is None
        everything = connection.execute(sa.text("SELECT group_concat(body) FROM telegram_update")).scalar_one()
    assert "kiwi-7391" not in (everything or "")
    api.say(KIM, "a new start")
    await api.shown(KIM, "echo a new start")
    assert await bot.conversation(KIM) != before


async def test_what_is_no_text_gets_a_kind_answer(bot: BotDesk, api: BotApi) -> None:
    def send(**content: Any) -> None:
        api.update(message=api.message(KIM, **content))

    file: Json = {"file_id": "f", "file_unique_id": "f"}
    send(sticker={**file, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False})
    await api.shown(KIM, "Nice one")
    send(voice={**file, "duration": 3})
    await api.shown(KIM, "neither listen nor watch")
    send(contact={"phone_number": "+64210000000", "first_name": "Kim"})
    await api.shown(KIM, "need no phone number")
    send(document={**file, "mime_type": "application/zip", "file_name": "a.zip"})
    await api.shown(KIM, "cannot open this kind of file")
    send(dice={"emoji": "🎲", "value": 3})
    await api.shown(KIM, "cannot read this kind")
    send(location={"latitude": -45.02, "longitude": 168.70})
    await api.shown(KIM, 'payload /ask_coverage{"location": "Queenstown"}')
    assert traveller(await bot.events(KIM))[-1] == "I am in Queenstown. Does the network work here?"
    send(location={"latitude": 35.68, "longitude": 139.76})
    await api.shown(KIM, "not in New Zealand")
    with open_engine(bot.settings.desk_database_url).connect() as connection:
        words = " ".join(connection.execute(sa.select(event.c.text)).scalars())
    assert "+6421" not in words
    assert "168.7" not in words
    assert api.refusals == []


async def test_edits(bot: BotDesk, api: BotApi) -> None:
    old = api.say(KIM, "NZ1000000")["message"]
    await api.shown(KIM, "echo NZ1000000")
    api.update(edited_message={**old, "text": "NZ10000001", "edit_date": old["date"] + 1})
    await api.shown(KIM, "echo NZ10000001")  # the newest one is answered anew
    api.say(KIM, "and now")
    await api.shown(KIM, "echo and now")
    api.update(edited_message={**old, "text": "NZ10000002", "edit_date": old["date"] + 2})
    await api.shown(KIM, "changed an earlier message")
    assert "NZ10000002" not in traveller(await bot.events(KIM))


async def test_a_group_is_told_once_where_to_go(bot: BotDesk, api: BotApi) -> None:
    group = {"id": -77, "type": "supergroup", "title": "Trip"}
    for text in ("/help", "NZ10000001 wang@example.com", "/help"):
        message = api.message(KIM, chat=group, text=text)
        api.known.add(-77)
        api.update(message=message)
    told = await api.shown(-77, f"https://t.me/{NAME}")
    api.say(KIM, "in private")
    await api.shown(KIM, "echo in private")
    assert api.to(-77) == [told]
    assert [text for _, _, text in bot.rasa.asked] == ["in private"]


async def test_a_person_takes_over_answers_closes_and_is_rated(bot: BotDesk, api: BotApi) -> None:
    api.say(KIM, "person")
    waiting = await api.shown(KIM, "in line for a person")
    assert waiting.titles == ["I no longer need a person"]
    api.say(KIM, "buttons")
    offered = await api.shown(KIM, "Sure?")
    api.press(KIM, offered, "Yes")
    await api.shown(KIM, "payload /affirm")  # until a person is there, the assistant goes on
    found = await bot.conversation(KIM)
    await staff_actions.claim(bot.desk, found, "s1", "Anna <3", expected=None)
    await api.shown(KIM, "Anna <3 from our team")
    api.say(KIM, "are you there?")
    await eventually(lambda: bot.events(KIM), 5)
    await staff_actions.reply(bot.desk, found, "s1", "I am here & reading.", client_id="1")
    reply = await api.shown(KIM, "I am here & reading.")
    assert reply.text == "Anna <3\nI am here & reading."
    staff_actions.typing(bot.desk, found, "Anna")
    await api.until(lambda: (KIM, "typing") in api.actions)
    # while a person has it, the assistant says nothing
    assert [text for _, _, text in bot.rasa.asked] == ["person", "buttons", "/affirm"]
    await staff_actions.close(bot.desk, found, "s1")
    asked = await api.shown(KIM, "one star to five")
    assert [len(row) for row in asked.keyboard] == [5]
    api.press(KIM, asked, "4 ⭐")
    await api.shown(KIM, "that helps us")
    with open_engine(bot.settings.desk_database_url).connect() as connection:
        assert connection.execute(sa.select(rating_table.c.score)).scalars().all() == [4]
    api.say(KIM, "one more thing")  # opens it again
    await api.shown(KIM, "echo one more thing")


async def test_who_blocks_the_bot_is_unreachable_until_they_write(bot: BotDesk, api: BotApi) -> None:
    async def unreachable() -> bool:
        with bot.desk.store.engine.connect() as connection:
            return bool(connection.execute(sa.select(conversation.c.unreachable)).scalar_one())

    api.say(KIM, "hi")
    await api.shown(KIM, "echo hi")
    api.blocked.add(KIM)  # found out by a refused message
    await answers(bot, KIM, NewMessage("while away"))
    await eventually(unreachable)
    await answers(bot, KIM, NewMessage("and more"))
    api.membership(KIM, "member")
    await api.shown(KIM, "and more")
    assert [sent.text for sent in api.to(KIM)] == ["echo hi", "while away", "and more"]
    assert not await unreachable()
    api.membership(KIM, "kicked")
    await eventually(unreachable)
    api.blocked.discard(KIM)

    api.say(MEI, "/stop")
    await api.shown(MEI, "no more messages from me")
    await eventually(lambda: _silent(bot))
    api.say(MEI, "back")
    await api.shown(MEI, "echo back")
    assert not (await chat(bot, MEI)).silent


async def _silent(bot: BotDesk) -> bool:
    return (await chat(bot, MEI)).silent


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_typing_and_delay_are_shown(start_bot: Callable[..., Awaitable[BotDesk]], api: BotApi, mode: str) -> None:
    bot = await start_bot(HASTY, TELEGRAM_MODE=mode)
    bot.rasa.seconds = 1.0
    api.say(KIM, "slow one")
    await api.until(lambda: (KIM, "typing") in api.actions)
    await api.shown(KIM, "a moment slow")
    await api.shown(KIM, "echo slow one")
    assert [sent.text.split(".")[0] for sent in api.to(KIM)] == ["We are a moment slow", "echo slow one"]


async def test_pictures_are_read(start_bot: Callable[..., Awaitable[BotDesk]], api: BotApi) -> None:
    bot = await start_bot(SCREENSHOTS="on", SCREENSHOT_SECONDS="200")
    api.photo(KIM, screen_png("Cannot Add eSIM", status="SOS"), caption="what is this")
    await api.shown(KIM, "I read: SOS · Cannot Add eSIM", 200)
    await api.shown(KIM, "echo what is this\nSOS\nCannot Add eSIM", 200)
    api.photo(KIM, png())
    await api.shown(KIM, "could not read any text", 200)
    api.photo(KIM, screen_png("无法激活 eSIM"))
    await api.shown(KIM, "echo 无法激活 eSIM", 200)
    assert [event.text for event in await bot.events(KIM) if event.sender == "traveller"] == ["what is this", "", ""]
