"""A small convolutional classifier of handwritten digits, trained eagerly and compiled.

The data are scikit-learn's copy of the UCI handwritten digits: 1797 images of 8 x 8 pixels with
values 0 to 16. A stratified fifth is held out. The network, the optimiser and the number of epochs
were chosen on a part of the other four fifths; the held-out fifth only says how well it went.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import wengert
from wengert import nn, optim
from wengert.utils.data import DataLoader, Dataset

Array = np.ndarray[Any, Any]

EPOCHS = 30
BATCH = 32
RATE = 0.05
SIDES = ("eager", "jit")


@dataclass(frozen=True)
class Data:
    """Images as float32 [n, 1, 8, 8] from 0 to 1, labels as int64 [n]."""

    train_images: Array
    train_labels: Array
    test_images: Array
    test_labels: Array


def load(seed: int) -> Data:
    """The digits, a stratified fifth of them held out."""
    pixels, labels = load_digits(return_X_y=True)
    images = (pixels / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    parts = train_test_split(
        images, labels.astype(np.int64), test_size=0.2, stratify=labels, random_state=seed
    )
    train_images, test_images, train_labels, test_labels = parts
    return Data(train_images, train_labels, test_images, test_labels)


class ShiftedDigits(Dataset):
    """Digits for training, each moved by up to one pixel both ways whenever it is drawn."""

    def __init__(self, images: Array, labels: Array, seed: int) -> None:
        self._padded = np.pad(images[:, 0], ((0, 0), (1, 1), (1, 1)))
        self._labels = labels
        self._rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self._labels)

    def batch(self, index: Array) -> tuple[Any, Any]:
        """Many digits at once, as the loader asks for them."""
        down, right = self._rng.integers(0, 3, (2, len(index), 1, 1))
        rows, columns = np.arange(8)[:, None] + down, np.arange(8) + right
        shifted = self._padded[index[:, None, None], rows, columns]
        return wengert.from_numpy(shifted[:, None]), wengert.from_numpy(self._labels[index])


class Classifier(nn.Module):
    """Two convolutions, a pooling, two linear layers: 38,282 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.hidden = nn.Linear(512, 64)
        self.digit = nn.Linear(64, 10)

    def forward(self, images: Any) -> Any:
        """The logits [n, 10] of images [n, 1, 8, 8]."""
        x = nn.functional.relu(self.conv1(images))
        x = nn.functional.relu(self.conv2(x))
        x = nn.functional.max_pool2d(x, 2).flatten(1)
        return self.digit(nn.functional.relu(self.hidden(x)))


def training_step(model: Classifier, optimizer: optim.Optimizer) -> Callable[[Any, Any], Any]:
    """One step of training as a function of a batch, returning the loss."""
    criterion = nn.CrossEntropyLoss()

    def step(images: Any, labels: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step


def prediction(model: Classifier) -> Callable[[Any], Any]:
    """The probabilities of the ten digits as a function of images."""

    def predict(images: Any) -> Any:
        with wengert.no_grad():
            return nn.functional.softmax(model(images), dim=1)

    return predict


class Side:
    """One of the two ways to train: a model, its optimiser, and a record of what happened."""

    def __init__(self, name: str, seed: int, steps: int, backend: str) -> None:
        wengert.manual_seed(seed)
        self.name = name
        self.model = Classifier()
        optimizer = optim.SGD(
            self.model.parameters(), lr=RATE, momentum=0.9, nesterov=True, weight_decay=1e-3
        )
        self.schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
        self.step = training_step(self.model, optimizer)
        self._predict = prediction(self.model)
        if name == "jit":
            self.step = wengert.jit(self.step, backend=backend)
            self._predict = wengert.jit(self._predict, backend=backend)
        self.losses: list[float] = []
        self.durations: list[float] = []
        self.accuracies: list[float] = []

    def train_on(self, images: Any, labels: Any) -> None:
        """One step, timed; a compiled step compiles in its first calls."""
        start = time.perf_counter()
        loss = self.step(images, labels).item()
        self.durations.append(time.perf_counter() - start)
        self.losses.append(loss)
        self.schedule.step()

    def probabilities(self, images: Array) -> Array:
        """The probability of each digit, [n, 10]."""
        return self._predict(wengert.from_numpy(images)).numpy()

    def test(self, data: Data) -> float:
        """The share of the held-out digits that are recognised."""
        right = self.probabilities(data.test_images).argmax(1) == data.test_labels
        self.accuracies.append(float(right.mean()))
        return self.accuracies[-1]

    @property
    def steps_per_second(self) -> float:
        """By the median step, so that compiling and a busy machine count little."""
        return 1 / float(np.median(self.durations))


@dataclass
class Run:
    """What a training left behind."""

    seed: int
    data: Data
    sides: dict[str, Side]
    epochs: int
    seconds: float = 0.0

    @property
    def steps_per_epoch(self) -> int:
        """Full batches in one pass over the data."""
        return len(self.data.train_labels) // BATCH

    @property
    def parameters(self) -> int:
        """Numbers that are trained, in one of the models."""
        model = next(iter(self.sides.values())).model
        return sum(parameter.numel() for parameter in model.parameters())

    def disagreement(self, steps: int = 50) -> float:
        """The largest distance between the loss curves over the first steps."""
        eager, jitted = (np.array(side.losses[:steps]) for side in self.sides.values())
        return float(np.abs(eager - jitted).max())


def begin(seed: int, *, names: Sequence[str], epochs: int, backend: str) -> Run:
    """Data and models for one training."""
    data = load(seed)
    steps = epochs * (len(data.train_labels) // BATCH)
    return Run(seed, data, {name: Side(name, seed, steps, backend) for name in names}, epochs)


def train(run: Run) -> Iterator[None]:
    """Train every side on the same batches, one step each between any two yields."""
    start = time.perf_counter()
    wengert.manual_seed(run.seed)
    digits = ShiftedDigits(run.data.train_images, run.data.train_labels, run.seed)
    loader = DataLoader(digits, batch_size=BATCH, shuffle=True, drop_last=True)
    for _ in range(run.epochs):
        for images, labels in loader:
            for side in run.sides.values():
                side.train_on(images, labels)
            yield
        for side in run.sides.values():
            side.test(run.data)
    run.seconds = time.perf_counter() - start
