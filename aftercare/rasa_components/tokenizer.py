"""Rasa tokenizer for messages that mix Chinese and English; `understanding.segmentation` cuts them."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from aftercare.understanding.segmentation import segmenter


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MixedTokenizer(Tokenizer):  # type: ignore[misc]
    """Tokens with exact offsets; `lemma` holds the compared form (lower case, half width, Simplified)."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's own options for splitting intent names; none of them changes how text is cut."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MixedTokenizer:
        """Called by Rasa before training and when a model loads; reads dictionary and catalogue at that moment."""
        segmenter()
        return cls(config)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of one attribute of a message."""
        words = segmenter().words(message.get(attribute))
        return [Token(word.text, word.start, word.end, lemma=word.norm) for word in words]
