"""What the desk itself says to travellers, in both languages; everything else comes from the assistant."""

from __future__ import annotations

from typing import NamedTuple

from aftercare.base.language import Language, Script, to_traditional


class Voice(NamedTuple):
    """The language and script a traveller is answered in."""

    language: Language
    script: Script | None = None


TEXTS: dict[str, dict[Language, str]] = {
    "delayed": {
        "en": "We are a moment slow. Your message is kept and will be answered, you do not have to send it again.",
        "zh": "现在有点慢。您的消息已经保存，马上会回复，不用重新发送。",
    },
    "failed": {
        "en": "Sorry, something went wrong on our side with this message. Please put it another way, "
        "or write “talk to a person” and our team takes over.",
        "zh": "抱歉，我们这边处理这条消息时出了问题。请换个说法再试一次，或发送“转人工”，由客服同事接手。",
    },
    "no_answer": {
        "en": "Sorry, I have no answer to that. Please put it another way, or write “talk to a person”.",
        "zh": "抱歉，这个问题我还答不上来。请换个说法，或发送“转人工”。",
    },
    "picture_received": {
        "en": "Thank you, the picture is saved and our team can see it. I cannot read pictures myself: "
        "what does the screen say?",
        "zh": "谢谢，图片已保存，客服同事可以看到。我自己还看不懂图片：请把屏幕上的提示文字发给我。",
    },
    "waiting": {
        "en": "You are in line for a person. What you write here is kept for them.",
        "zh": "已为您转接人工，正在排队。您在这里写的内容都会留给客服同事看。",
    },
    "back_to_assistant": {"en": "Go on with the assistant", "zh": "继续和智能助手聊"},
    "assistant": {"en": "The assistant is with you again.", "zh": "智能助手回来了，请继续。"},
    "agent": {"en": "{agent} from our team is with you now.", "zh": "客服同事 {agent} 来为您服务了。"},
    "closed": {
        "en": "This chat is closed. Write again at any time and it goes on.",
        "zh": "本次对话已结束。随时再发消息，就能继续聊。",
    },
    # what staff decided on a request that the rules left to them
    "refund_approved": {
        "en": "Good news: our team has approved your refund of {amount} for order {number}. It reaches you by {day}.",
        "zh": "好消息：订单 {number} 的退款已由客服同事批准，金额 {amount}，最晚 {day} 到账。",
    },
    "refund_declined": {
        "en": "Our team has looked at your refund request for order {number} and could not approve it under the plan's "
        "terms. This does not affect your rights under New Zealand's Consumer Guarantees Act. "
        "If you want to talk it over, just write “talk to a person”.",
        "zh": "客服同事已查看订单 {number} 的退款申请，按套餐条款未能批准。"
        "这不影响您依据新西兰《消费者保障法》享有的权利。想再沟通的话，发送“转人工”即可。",
    },
    "exchange_approved": {
        "en": "Good news: our team has approved the exchange for order {number}.",
        "zh": "好消息：订单 {number} 的更换申请已由客服同事批准。",
    },
    "exchange_declined": {
        "en": "Our team has looked at your exchange request for order {number} and could not approve it under the "
        "plan's terms. This does not affect your rights under New Zealand's Consumer Guarantees Act. "
        "If you want to talk it over, just write “talk to a person”.",
        "zh": "客服同事已查看订单 {number} 的更换申请，按套餐条款未能批准。"
        "这不影响您依据新西兰《消费者保障法》享有的权利。想再沟通的话，发送“转人工”即可。",
    },
    # the chat as a page to keep
    "page_title": {"en": "Your eSIM chat", "zh": "您的 eSIM 售后聊天"},
    "page_saved": {"en": "Saved {at}. Times: {zone}.", "zh": "保存于 {at}，时间按 {zone}。"},
    "page_you": {"en": "You", "zh": "您"},
    "page_assistant": {"en": "Assistant", "zh": "智能助手"},
    "page_agent": {"en": "Support team", "zh": "客服"},
    # answers to requests that cannot be accepted
    "text_empty": {"en": "Please write something first.", "zh": "请先输入内容。"},
    "text_too_long": {
        "en": "This message has {length} characters; up to {limit} fit. Please send it in parts.",
        "zh": "这条消息有 {length} 个字，最多 {limit} 个字。请分成几条发送。",
    },
    "choice_unknown": {
        "en": "This button does not belong to this conversation.",
        "zh": "这个按钮不属于当前对话。",
    },
    "picture_too_large": {
        "en": "This picture is over 5 MB. Please send a smaller one or a screenshot.",
        "zh": "这张图片超过了 5 MB，请换小一点的图片或截图。",
    },
    "picture_unreadable": {
        "en": "This file is not a picture we can open. JPEG, PNG, WebP or GIF please; a screenshot is fine too.",
        "zh": "无法打开这个文件。请发送 JPEG、PNG、WebP 或 GIF 图片，截图也可以。",
    },
    "too_many": {
        "en": "That was a lot at once. Please try again in {seconds} seconds.",
        "zh": "发送得太快了，请 {seconds} 秒后再试。",
    },
    "too_many_streams": {
        "en": "This chat is open in too many places. Please close one.",
        "zh": "这个聊天在太多地方打开了，请关闭其中一个。",
    },
    "token_missing": {"en": "Please start a chat first.", "zh": "请先开始聊天。"},
    "token_invalid": {
        "en": "This chat cannot be opened. Please start a new one.",
        "zh": "无法打开这个聊天，请重新开始。",
    },
    "token_expired": {"en": "This chat has ended. Please start a new one.", "zh": "这个聊天已结束，请重新开始。"},
    "identity_invalid": {
        "en": "We could not confirm who you are. Please sign in again on the shop's site.",
        "zh": "无法确认您的身份，请在商家网站重新登录。",
    },
    "origin": {"en": "This site is not allowed to use the chat.", "zh": "这个网站未获准使用聊天。"},
    "malformed": {"en": "We could not read this request: {detail}", "zh": "无法读取这个请求：{detail}"},
    "not_found": {"en": "There is nothing here.", "zh": "这里什么都没有。"},
    "too_slow": {"en": "The request took too long to arrive.", "zh": "请求传输时间过长。"},
    "too_large": {"en": "This request is too large.", "zh": "请求内容过大。"},
    "method": {"en": "This address does not accept that kind of request.", "zh": "这个地址不接受这种请求。"},
    "not_deleted": {
        "en": "We cannot delete the chat right now; nothing was deleted. Please try again in a minute.",
        "zh": "暂时无法删除聊天，内容没有变化，请过一分钟再试。",
    },
    "no_telegram": {"en": "This chat cannot go on in Telegram.", "zh": "这个聊天不能转到 Telegram。"},
    "unavailable": {
        "en": "We cannot save messages right now. Please try again in a moment.",
        "zh": "暂时无法保存消息，请稍后再试。",
    },
    "internal": {
        "en": "Something went wrong on our side. Please try again.",
        "zh": "我们这边出了点问题，请再试一次。",
    },
}


def say(key: str, voice: Voice, **values: object) -> str:
    """The text of `key` for this traveller; Traditional Chinese is converted from Simplified."""
    text = TEXTS[key][voice.language].format(**values)
    return to_traditional(text) if voice == ("zh", "hant") else text


def voice_of_locale(locale: str) -> Voice:
    """The voice a browser's or Telegram's locale asks for: "zh-TW" → Traditional Chinese; unknown → English."""
    parts = locale.lower().replace("_", "-").split("-")
    if parts[0] not in ("zh", "yue"):
        return Voice("en")
    return Voice("zh", "hant" if {"hant", "tw", "hk", "mo"} & set(parts[1:]) else "hans")
