"""What a message says of the step just given: it works, it does not, it was done, or only that it was understood."""

from __future__ import annotations

import re

_TRIED = re.compile(
    r"already|tried|did that|done that|试过|試過|弄过|弄過|做过|做過|已经|已經|过了|過了", re.IGNORECASE
)
_CANNOT_FIND = re.compile(
    r"can'?t find|cannot find|don'?t see|where is|no such|找不到|没有这个|沒有這個|没看到|沒看到|在哪", re.IGNORECASE
)
_WORKS = re.compile(
    r"works? now|working now|it works|(?:that|it|this|spark|2degrees|one nz) worked|worked!|that did it|fixed"
    r"|i.?m online"
    r"|好了|可以了|能用了"
    r"|(?:可以|能)上(?:网|網)|有网了|有網了|连上了|連上了|行了",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\bnot?\b|n't|still|\b(?:before|until|stopped|yesterday|earlier|then)\b|没|沒|不|未|之前|昨天|本来", re.IGNORECASE
)
_NOT_THERE_YET = re.compile(
    r"not (?:yet|there|arrived|landed|left)|haven'?t|still (?:at|in)|before|tomorrow|next week"
    r"|[还還][没沒]|[没沒]到|[没沒]出[发發]|明天|下周|下週",
    re.IGNORECASE,
)
_LANDED = re.compile(
    r"landed|arrived|i'?m (?:here|there)|already (?:here|there)|落地|到了|已[经經]到|下[飞飛]机", re.IGNORECASE
)
_STEP_BACK = re.compile(
    r"上一?[步个個]|previous (?:step|one|question)|last step|(?:one|a) step back|^\W*(?:go )?back\W*$", re.IGNORECASE
)
_STILL_NOT = re.compile(
    r"still|(?:does|did|is|was)(?:n'?t| not) (?:work|help|fix|change)|no (?:luck|change|difference)"
    r"|还是(?:不|没)|還是(?:不|沒)|不行|没用|沒用|用不了|没变|沒變",
    re.IGNORECASE,
)
# "OK" to a step is not yet "it works": the traveller goes and tries.
_ACKNOWLEDGES = re.compile(
    r"[\W_]*(?:ok(?:ay|ey)?|kk?|al?l ?right|sure|got it|gotcha|roger(?: that)?|will do|fine|understood|noted"
    r"|哦*好(?:的|吧|滴|嘞)?|[嗯恩]+|行+|收到|明白了?|知道了|了解了?)?(?:[,， ]*(?:thanks|thank you|谢谢|謝謝))?[\W_]*",
    re.IGNORECASE,
)
_TRIES = re.compile(
    r"\b(?:try|trying|give it a (?:go|try)|hold on|hang on|wait|moment|let me|doing (?:it|that)|on it)\b"
    r"|\b(?:one|in a) (?:sec|moment|min)|[试試](?:[试試]|一?下)|我[试試]|稍等|等等|等一?下|[马馬]上|我去|正在",
    re.IGNORECASE,
)
_NOT_TRIED = re.compile(
    r"haven'?t (?:tried|done)|not (?:tried|done)(?: it| that)? yet|didn'?t try|[还還]?[没沒](?:来得及|有)?[试試弄做]",
    re.IGNORECASE,
)


def says_tried(text: str) -> bool:
    """Whether a text says that the step was done before: "already did that", "试过了"."""
    return bool(_TRIED.search(text))


def cannot_find(text: str) -> bool:
    """Whether a text says that the menu of the step is not there: "I can't find it", "没有这个选项"."""
    return bool(_CANNOT_FIND.search(text))


def says_it_works(text: str) -> bool:
    """Whether a text says that it works now, and denies nothing beside."""
    return bool(_WORKS.search(text)) and not _DENIES.search(_WORKS.sub("", text))


def denies_change(text: str) -> bool:
    """Whether a text says somewhere that nothing has changed, whatever else it says."""
    return bool(_STILL_NOT.search(text))


def still_not(text: str) -> bool:
    """Whether a text says that nothing has changed: "still no luck", "还是不行"."""
    return denies_change(text) and not says_it_works(text)


def not_there_yet(text: str) -> bool:
    """Whether a text says that the trip has not begun: "I fly tomorrow", "还没到"."""
    return bool(_NOT_THERE_YET.search(text))


def has_landed(text: str) -> bool:
    """Whether a text says that the traveller has arrived: "just landed", "到了"."""
    return bool(_LANDED.search(text))


def asks_step_back(text: str) -> bool:
    """Whether a text asks for the step before: "previous step", "go back", "上一步"."""
    return bool(_STEP_BACK.search(text))


def acknowledges(text: str) -> bool:
    """Whether a text only says that the step was understood: "ok, thanks", "好的"."""
    return bool(_ACKNOWLEDGES.fullmatch(text))


def goes_to_try(text: str) -> bool:
    """Whether a text says that the step is being tried: "let me try", "我试试"."""
    return bool(_TRIES.search(text))


def not_tried_yet(text: str) -> bool:
    """Whether a text says that the step was not tried yet: "I haven't tried", "还没试"."""
    return bool(_NOT_TRIED.search(text))
