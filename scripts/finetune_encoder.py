"""Tunes the last layers of the sentence encoder on our sentences; writes aftercare/training/encoder_delta.npz.

Run it by hand, with PyTorch beside the project's environment:

    uv run --with torch python scripts/finetune_encoder.py                      # the delta to ship
    uv run --with torch python scripts/finetune_encoder.py --measure out.npz    # one that has not seen what is held out

The layers before the tuned ones run once per sentence; what they give is kept in var/finetune. The last ones learn all
three kinds of sentences at once: intents and questions by cross-entropy and by pulling sentences of one class together
(supervised contrastive loss), commands of turns by binary cross-entropy from vector and situation. The heads that do so
are thrown away. The changes of several seeds are averaged and stored in 8 bits; `aftercare encoder prepare` adds them.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from aftercare.base.settings import settings
from aftercare.training.encoder_delta import write_delta
from aftercare.training.encoder_sentences import Sentence, read_sentences
from aftercare.training.encoder_source import DELTA, Floats, Source, find_source, read_source
from aftercare.understanding.encoder import Encoder
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.model import FEWEST

DROPOUT = 0.1
CONTRAST, TEMPERATURE = 0.3, 0.05
SMOOTHING = 0.05
HEADS_RATE = 1e-3
SCALE = 20.0  # of the vectors, for the heads
BATCH = 192
_TOKENS = 4096  # in a batch of those that run through the frozen layers

Parameters = dict[str, Tensor]


class Texts:
    """Sentences of different lengths one after another, in rows of tokens."""

    def __init__(self, lengths: Tensor) -> None:
        count, longest = len(lengths), int(lengths.max())
        self.lengths = lengths
        self.owner = torch.repeat_interleave(torch.arange(count), lengths)
        starts = lengths.cumsum(0) - lengths
        self.place = torch.arange(len(self.owner)) - starts[self.owner]
        self.cell = self.owner * longest + self.place
        self.shape = (count, longest)
        self.mask = (torch.arange(longest) < lengths[:, None])[:, None, None]

    def padded(self, rows: Tensor, heads: int) -> Tensor:
        """(sentences, heads, tokens, size)."""
        count, longest = self.shape
        filled = rows.new_zeros(count * longest, rows.shape[1]).index_copy(0, self.cell, rows)
        return filled.view(count, longest, heads, -1).transpose(1, 2)

    def rows(self, padded: Tensor) -> Tensor:
        """The way back."""
        count, longest = self.shape
        return padded.transpose(1, 2).reshape(count * longest, -1)[self.cell]

    def vectors(self, rows: Tensor) -> Tensor:
        """The mean of each sentence, of length 1."""
        sums = rows.new_zeros(self.shape[0], rows.shape[1]).index_add(0, self.owner, rows)
        return functional.normalize(sums / self.lengths[:, None])


class Network:
    """The encoder's layers in PyTorch."""

    def __init__(self, source: Source) -> None:
        self.source, self.sizes = source, source.sizes

    def parameters(self, layer: int) -> Parameters:
        """The weights of a layer by the names of the file."""
        hidden, feed = self.sizes.hidden, self.sizes.feed
        shapes: dict[str, tuple[int, ...]] = {}
        for part, outgoing, incoming in [
            *((p, hidden, hidden) for p in ("q", "k", "v", "ao")),
            ("fi", feed, hidden),
            ("fo", hidden, feed),
        ]:
            shapes |= {f"{part}.w": (outgoing, incoming), f"{part}.b": (outgoing,)}
        for part in ("aln", "oln"):
            shapes |= {f"{part}.w": (hidden,), f"{part}.b": (hidden,)}
        return {
            f"l{layer}.{name}": torch.tensor(self.source.tensor(f"l{layer}.{name}", *shape))
            for name, shape in shapes.items()
        }

    @cached_property
    def _words(self) -> Floats:
        return self.source.tensor("emb.word", self.sizes.words, self.sizes.hidden)

    def embedded(self, ids: Tensor, texts: Texts) -> Tensor:
        """What the first layer gets."""
        sizes = self.sizes
        words = torch.from_numpy(self._words[ids.numpy()])
        places = torch.tensor(self.source.tensor("emb.pos", sizes.positions, sizes.hidden))
        kind = torch.tensor(self.source.tensor("emb.type", sizes.types, sizes.hidden)[0])
        scale, bias = (torch.tensor(self.source.tensor(f"emb.ln.{part}", sizes.hidden)) for part in "wb")
        return functional.layer_norm(words + places[texts.place] + kind, (sizes.hidden,), scale, bias, sizes.epsilon)

    def layer(self, weights: Parameters, at: int, rows: Tensor, texts: Texts, dropout: float = 0.0) -> Tensor:
        sizes = self.sizes

        def linear(name: str, given: Tensor) -> Tensor:
            return functional.linear(given, weights[f"l{at}.{name}.w"], weights[f"l{at}.{name}.b"])

        def joined(name: str, before: Tensor, change: Tensor) -> Tensor:
            change = functional.dropout(change, dropout, dropout > 0)
            scale, bias = weights[f"l{at}.{name}.w"], weights[f"l{at}.{name}.b"]
            return functional.layer_norm(before + change.float(), (sizes.hidden,), scale, bias, sizes.epsilon)

        query, key, value = (texts.padded(linear(part, rows), sizes.heads) for part in "qkv")
        seen = functional.scaled_dot_product_attention(query, key, value, texts.mask, dropout_p=dropout)
        rows = joined("aln", rows, linear("ao", texts.rows(seen)))
        return joined("oln", rows, linear("fo", functional.gelu(linear("fi", rows))))


class Prepared:
    """What the frozen layers give for every sentence."""

    def __init__(self, rows: np.ndarray, lengths: np.ndarray) -> None:
        self.rows = torch.from_numpy(rows)
        self.lengths = torch.from_numpy(lengths)
        self.starts = self.lengths.cumsum(0) - self.lengths

    def batch(self, places: Tensor) -> tuple[Tensor, Texts]:
        texts = Texts(self.lengths[places])
        return self.rows[self.starts[places][texts.owner] + texts.place].float(), texts


def prepared(network: Network, sentences: Sequence[Sentence], tuned: int) -> Prepared:
    """From the file, if it is there for the same sentences."""
    file = settings().var_dir / "finetune" / f"before_last_{tuned}.npz"
    texts = [each.text for each in sentences]
    if file.is_file():
        with np.load(file) as kept:
            if kept["texts"].tolist() == texts:
                return Prepared(kept["rows"], kept["lengths"])
    number = {piece: at for at, piece in enumerate(network.source.pieces)}
    encoder = Encoder.load(settings().encoder_folder)
    ids = [[number[piece] for piece in encoder.tokens(text)] for text in texts]
    lengths = np.array([len(each) for each in ids])
    starts = lengths.cumsum() - lengths
    rows = np.empty((lengths.sum(), network.sizes.hidden), np.float16)
    order = np.argsort(lengths, kind="stable")
    layers = [network.parameters(layer) for layer in range(network.sizes.layers - tuned)]
    begun, at = time.monotonic(), 0
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        while at < len(order):
            end = at + max(1, _TOKENS // int(lengths[order[min(at + 64, len(order) - 1)]]))
            places = order[at:end]
            batch = Texts(torch.from_numpy(lengths[places]))
            stream = network.embedded(torch.tensor([i for place in places for i in ids[place]]), batch)
            for layer, weights in enumerate(layers):
                stream = network.layer(weights, layer, stream, batch)
            rows[np.concatenate([np.arange(starts[p], starts[p] + lengths[p]) for p in places])] = (
                stream.float().numpy()
            )
            at = end
    print(f"{len(texts)} sentences through {len(layers)} layers in {time.monotonic() - begun:.0f} s", flush=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, texts=np.array(texts), rows=rows, lengths=lengths)
    return Prepared(rows, lengths)


class Goals:
    """What the sentences mean, as numbers."""

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        self.kinds = np.array([each.kind for each in sentences])
        self.classes: dict[str, int] = {}
        self.single = torch.full((len(sentences),), -1)
        for kind in ("intent", "question"):
            names = sorted({each.labels[0] for each in sentences if each.kind == kind})
            number = {name: at for at, name in enumerate(names)}
            self.classes[kind] = len(names)
            for at, each in enumerate(sentences):
                if each.kind == kind:
                    self.single[at] = number[each.labels[0]]
        counts = Counter(label for each in sentences if each.kind == "turn" for label in each.labels)
        commands = {name: at for at, name in enumerate(sorted(n for n, c in counts.items() if c >= FEWEST))}
        contexts = [each.context for each in sentences if each.kind == "turn"]
        places = {name for context in contexts for name in _places(context)}
        place = {name: at for at, name in enumerate(sorted(places))}
        self.commands = torch.zeros(len(sentences), len(commands))
        self.situation = torch.zeros(len(sentences), len(places))
        for at, each in enumerate(sentences):
            if each.kind == "turn":
                self.commands[at, [commands[label] for label in each.labels if label in commands]] = 1
                self.situation[at, [place[name] for name in _places(each.context)]] = 1


def _places(context: Context) -> tuple[str, str]:
    return context.situation, f"{context.situation} {context.asked}"


class Heads(nn.Module):
    """Read the vectors in training."""

    def __init__(self, goals: Goals, hidden: int) -> None:
        super().__init__()
        self.goals = goals
        self.intent = nn.Linear(hidden, goals.classes["intent"])
        self.question = nn.Linear(hidden, goals.classes["question"])
        self.turn = nn.Linear(hidden + goals.situation.shape[1], goals.commands.shape[1])

    def loss(self, vectors: Tensor, places: Tensor, contrast: float) -> Tensor:
        """Of sentences at these places."""
        kinds = self.goals.kinds[places.numpy()]
        scaled = functional.dropout(vectors * SCALE, DROPOUT, self.training)
        total = torch.zeros(())
        for kind, head in (("intent", self.intent), ("question", self.question)):
            here = torch.from_numpy(kinds == kind)
            target = self.goals.single[places[here]]
            total = total + functional.cross_entropy(head(scaled[here]), target, label_smoothing=SMOOTHING)
            if contrast:
                total = total + contrast * contrastive(vectors[here], target)
        here = torch.from_numpy(kinds == "turn")
        read = self.turn(torch.cat([scaled[here], self.goals.situation[places[here]]], 1))
        wanted = self.goals.commands[places[here]]
        return total + functional.binary_cross_entropy_with_logits(read, wanted, reduction="none").sum(1).mean()


def contrastive(vectors: Tensor, target: Tensor) -> Tensor:
    """Supervised contrastive loss of a batch."""
    near = vectors @ vectors.T / TEMPERATURE
    near = near.masked_fill(torch.eye(len(target), dtype=torch.bool), -1e9)
    same = (target[:, None] == target) & ~torch.eye(len(target), dtype=torch.bool)
    chance = near - near.logsumexp(1, keepdim=True)
    counts = same.sum(1)
    return -(chance * same).sum(1)[counts > 0].div(counts[counts > 0]).mean() if same.any() else vectors.sum() * 0


def batches(goals: Goals, places: np.ndarray, random: np.random.Generator) -> list[Tensor]:
    """An epoch: each batch has the same share of each kind; questions come in pairs of one class."""
    steps = math.ceil(len(places) / BATCH)
    parts = []
    for kind in ("intent", "turn", "question"):
        own = random.permutation(places[goals.kinds[places] == kind])
        if kind == "question":
            own = own[np.argsort(goals.single.numpy()[own], kind="stable")]
            pairs = [own[at : at + 2] for at in range(0, len(own), 2)]
            own = np.concatenate([pairs[at] for at in random.permutation(len(pairs))])
        parts.append(np.array_split(own, steps))
    return [torch.from_numpy(np.concatenate(slices)) for slices in zip(*parts, strict=True)]


def all_vectors(network: Network, weights: Parameters, first: int, given: Prepared) -> Tensor:
    found = torch.empty(len(given.lengths), network.sizes.hidden)
    order = torch.argsort(given.lengths)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for places in order.split(256):
            rows, texts = given.batch(places)
            for layer in range(first, network.sizes.layers):
                rows = network.layer(weights, layer, rows, texts)
            found[places] = texts.vectors(rows.float())
    return found


def tune(
    network: Network,
    given: Prepared,
    goals: Goals,
    learnt: np.ndarray,
    first: int,
    seed: int,
    options: argparse.Namespace,
    watched: np.ndarray,
) -> Parameters:
    """The weights of the tuned layers after training."""  # fmt: skip
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    weights: Parameters = {}
    for layer in range(first, network.sizes.layers):
        weights |= network.parameters(layer)
    heads = Heads(goals, network.sizes.hidden)
    frozen = all_vectors(network, weights, first, given).clone()
    # the heads alone first: else their random beginnings would spoil the layers
    learning = torch.optim.AdamW(heads.parameters(), 5e-3)
    for _ in range(options.head_epochs):
        for places in batches(goals, learnt, random):
            learning.zero_grad()
            heads.loss(frozen[places], places, 0).backward()
            learning.step()
    for tensor in weights.values():
        tensor.requires_grad_()
    learning = torch.optim.AdamW(
        [
            {"params": [*weights.values()], "lr": options.rate, "weight_decay": 0.01},
            {"params": [*heads.parameters()], "lr": HEADS_RATE, "weight_decay": 0.01},
        ]
    )
    total = options.epochs * len(batches(goals, learnt, random))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        learning, lambda step: min((step + 1) / (0.1 * total), max(0.0, (total - step) / (0.9 * total)))
    )
    for epoch in range(options.epochs):
        begun, sums = time.monotonic(), []
        for places in batches(goals, learnt, random):
            rows, texts = given.batch(places)
            with torch.autocast("cpu", torch.bfloat16):
                for layer in range(first, network.sizes.layers):
                    rows = network.layer(weights, layer, rows, texts, DROPOUT)
            loss = heads.loss(texts.vectors(rows.float()), places, CONTRAST)
            learning.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([*weights.values()], 1.0)
            learning.step()
            schedule.step()
            sums.append(float(loss.detach()))
        line = f"seed {seed} epoch {epoch + 1}: loss {np.mean(sums):.3f}"
        if len(watched):
            line += f", of the part for tuning {_watched(network, weights, first, given, heads, watched):.3f}"
        print(f"{line}, {time.monotonic() - begun:.0f} s", flush=True)
    return {name: tensor.detach() for name, tensor in weights.items()}


def _watched(
    network: Network, weights: Parameters, first: int, given: Prepared, heads: Heads, watched: np.ndarray
) -> float:
    heads.eval()
    losses = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for places in batches(heads.goals, watched, np.random.default_rng(0)):
            rows, texts = given.batch(places)
            for layer in range(first, network.sizes.layers):
                rows = network.layer(weights, layer, rows, texts)
            losses.append(float(heads.loss(texts.vectors(rows.float()), places, 0).float()))
    heads.train()
    return float(np.mean(losses))


def _is_learnt(options: argparse.Namespace, each: Sentence) -> bool:
    withheld = {"held_out"} if options.measure or options.watch else set()
    return each.part not in (withheld | {"tuning"} if options.watch else withheld)


def main() -> None:
    """Tune and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--measure", type=Path, metavar="FILE", help="learn without what is held out; write it there")
    parser.add_argument("--watch", action="store_true", help="and without the part for tuning, whose loss is told")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--head-epochs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network = Network(read_source(find_source()))
    sentences = read_sentences()
    given = prepared(network, sentences, options.layers)
    goals = Goals(sentences)
    learnt = np.array([_is_learnt(options, each) for each in sentences])
    unseen = {each.compared for each in sentences if each.kind == "turn" and each.part == "held_out"}
    learnt &= [each.compared not in unseen for each in sentences]  # those measure what is shipped
    parts = np.array([each.part for each in sentences])
    watched = np.flatnonzero(parts == "tuning") if options.watch else np.array([], int)
    first = network.sizes.layers - options.layers
    before: Parameters = {}
    for layer in range(first, network.sizes.layers):
        before |= network.parameters(layer)
    changes: list[Parameters] = []
    for seed in options.seeds:
        after = tune(network, given, goals, np.flatnonzero(learnt), first, seed, options, watched)
        changes.append({name: after[name] - before[name] for name in before})
    delta = {name: torch.stack([change[name] for change in changes]).mean(0) for name in before}
    file = options.measure or DELTA
    write_delta({name: change.numpy() for name, change in delta.items()}, file)
    print(f"{file}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
