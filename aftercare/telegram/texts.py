"""What the bot itself says and shows in Telegram, in both languages; everything else comes from the conversation."""

from __future__ import annotations

from aftercare.base.language import Language, to_traditional
from aftercare.conversations.texts import Voice

TEXTS: dict[str, dict[Language, str]] = {
    # what a command says in the traveller's place
    "hello": {"en": "Hello", "zh": "你好"},
    "hello_order": {"en": "Hello, my order number is {number}", "zh": "你好，我的订单号是 {number}"},
    "talk_to_a_person": {"en": "Talk to a person", "zh": "转人工"},
    "i_am_in": {"en": "I am in {place}. Does the network work here?", "zh": "我在{place}，这里的网络正常吗？"},
    # what the bot answers
    "help": {
        "en": "I look after travel eSIMs for New Zealand: activation, signal, orders, refunds, plans. Write what "
        "happens, in English or Chinese; a screenshot or your location helps too.\n\n"
        "/agent – talk to a person\n/language – change the language\n"
        "/privacy – what is kept, take it along or delete it\n/stop – no more messages",
        "zh": "我负责新西兰旅行 eSIM 的售后：激活、信号、订单、退款、套餐。用中文或英文说说情况就行，"
        "发截图或位置也可以。\n\n"
        "/agent – 转人工\n/language – 切换语言\n/privacy – 保存了什么、下载或删除\n/stop – 不再接收消息",
    },
    "unknown_command": {"en": "I don't know this command.", "zh": "没有这个命令。"},
    "language": {"en": "Which language shall we use?", "zh": "您想用哪种语言？"},
    "privacy": {
        "en": "So that we can go on from where we stopped, your messages, your pictures and which order is yours are "
        "kept, for you and our team. Your name, phone number and exact place are not. Telegram, which carries "
        "this chat, sees it as well.",
        "zh": "为了下次能接着聊，会保存您的消息、图片和您的订单，只有您和客服同事能看到。"
        "不保存您的姓名、电话和精确位置。聊天由 Telegram 传送，Telegram 也能看到。",
    },
    "download": {"en": "Download this chat", "zh": "下载聊天记录"},
    "delete": {"en": "Delete this chat", "zh": "删除聊天记录"},
    "delete_sure": {
        "en": "Delete everything said here, with pictures? This cannot be undone. Refund requests and tickets stay.",
        "zh": "要删除这里的全部消息和图片吗？删除后无法恢复。退款申请和工单会保留。",
    },
    "delete_now": {"en": "Yes, delete", "zh": "确定删除"},
    "keep": {"en": "No, keep it", "zh": "不删除"},
    "kept": {"en": "Nothing was deleted.", "zh": "没有删除任何内容。"},
    "deleted": {
        "en": "Deleted. To clear this screen as well, delete the chat in Telegram. Write at any time to start anew.",
        "zh": "已删除。屏幕上的内容请在 Telegram 里删除聊天。随时发消息即可重新开始。",
    },
    "stopped": {
        "en": "All right, no more messages from me. What our team writes is kept for you: write anything, or /start, "
        "and it goes on.",
        "zh": "好的，不再给您发消息。客服的回复会为您保留：随时发消息或 /start 就能继续。",
    },
    "moved": {
        "en": "You can go on here. What you have proved on the web page holds here too.",
        "zh": "可以在这里继续聊了。您在网页上做过的订单验证仍然有效。",
    },
    "link_old": {
        "en": "This link has been used or is older than ten minutes. Choose “Continue in Telegram” on the web page "
        "again, or just write here.",
        "zh": "这个链接已用过或超过十分钟。请在网页上重新点“转到 Telegram 继续”，或直接在这里写。",
    },
    "group": {
        "en": "I help in private only, because it is about your order. Write to me here: {link}",
        "zh": "涉及订单信息，我只在私聊里提供帮助。请点这里私聊：{link}",
    },
    "sticker": {
        "en": "Nice one! What can I do about your eSIM? Please put it in words.",
        "zh": "收到表情啦！您的 eSIM 遇到什么情况了？请用文字告诉我。",
    },
    "voice": {
        "en": "Sorry, I can neither listen nor watch. Please write it, or send a screenshot. /agent brings a person.",
        "zh": "抱歉，我听不了语音，也看不了视频。请打字或发截图给我。发 /agent 可转人工。",
    },
    "contact": {
        "en": "Thank you, I need no phone number and have not kept it. To find an order I need its number and e-mail.",
        "zh": "谢谢，我不需要电话号码，也没有保存。查订单请发订单号和下单邮箱。",
    },
    "file": {
        "en": "Sorry, I cannot open this kind of file. A photo or a screenshot (PNG, JPEG, WebP, GIF) works.",
        "zh": "抱歉，无法打开这种文件。请发照片或截图（PNG、JPEG、WebP、GIF）。",
    },
    "picture_lost": {
        "en": "The picture did not get through. Please send it once more.",
        "zh": "图片没有传过来，请再发一次。",
    },
    "other": {
        "en": "Sorry, I cannot read this kind of message. Please put it in words.",
        "zh": "抱歉，我看不懂这类消息，请用文字告诉我。",
    },
    "elsewhere": {
        "en": "This place is not in New Zealand, where I know the networks. Which country are you in? Please write it.",
        "zh": "这个位置不在新西兰，我只了解新西兰各地的网络。您在哪个国家？请写给我。",
    },
    "edited": {
        "en": "You have changed an earlier message. Please write it as a new one, so that I answer it.",
        "zh": "您修改了之前的消息。请把修改后的内容重新发一条，我好回复。",
    },
    "broken": {
        "en": "Sorry, something went wrong on our side with this message. Please send it again, or "
        "/agent for a person.",
        "zh": "抱歉，我们处理这条消息时出了问题。请再发一次，或发 /agent 转人工。",
    },
    "button_gone": {
        "en": "This button no longer works. Please write what you need.",
        "zh": "这个按钮已失效，请直接写给我。",
    },
    "rate": {"en": "How did we do, from one star to five?", "zh": "这次服务怎么样？请打一到五星。"},
    "rated": {"en": "Thank you, that helps us.", "zh": "谢谢您的评价。"},
    "spoken": {"en": "All right, English it is.", "zh": "好的，我们用中文。"},
    # the bot's profile
    "command_start": {"en": "Say hello", "zh": "开始"},
    "command_help": {"en": "What I can do", "zh": "我能帮什么"},
    "command_language": {"en": "Change the language", "zh": "切换语言"},
    "command_agent": {"en": "Talk to a person", "zh": "转人工"},
    "command_privacy": {"en": "What is kept; download or delete it", "zh": "隐私：查看、下载、删除"},
    "command_stop": {"en": "No more messages", "zh": "不再接收消息"},
    "description": {
        "en": "After-sales help for travel eSIMs in New Zealand, around the clock, in English and Chinese: activation, "
        "signal, orders, refunds, plans. Press Start and say what happens.",
        "zh": "新西兰旅行 eSIM 全天候中英文售后：激活、信号、订单、退款、套餐。点“开始”，说说您的情况。",
    },
    "short_description": {
        "en": "After-sales help for travel eSIMs in New Zealand, in English and Chinese.",
        "zh": "新西兰旅行 eSIM 中英文售后助手",
    },
}

COMMANDS = ("start", "help", "language", "agent", "privacy", "stop")


def tell(key: str, voice: Voice, **values: object) -> str:
    """The text of `key` for this traveller; Traditional Chinese is converted from Simplified."""
    text = TEXTS[key][voice.language].format(**values)
    return to_traditional(text) if voice == ("zh", "hant") else text
