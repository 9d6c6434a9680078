"""Data sets, splits, samplers, loaders, and the progress bar."""

from __future__ import annotations

import itertools
from collections import namedtuple
from typing import Any

import numpy
import pytest

import wengert
from wengert.utils import data


class Numbers(data.Dataset):
    """Samples one by one, counting how often it is asked."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked = 0

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple[int, float]:
        assert type(index) is int
        self.asked += 1
        return index, index / 2


def tensors(size: int) -> data.TensorDataset:
    return data.TensorDataset(wengert.arange(size).reshape(size, 1), wengert.arange(size) * 10)


@pytest.mark.parametrize("make", [tensors, Numbers])
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches_in_order(make: Any, drop_last: bool) -> None:
    loader = data.DataLoader(make(7), batch_size=3, drop_last=drop_last)
    batches = [x.ravel().tolist() for x, y in loader]
    assert batches == [[0, 1, 2], [3, 4, 5], [6]][: 2 if drop_last else 3]
    assert len(loader) == len(batches)


def test_shuffling_reads_each_sample_once_in_a_new_order() -> None:
    wengert.manual_seed(0)
    loader = data.DataLoader(tensors(50), batch_size=8, shuffle=True)
    orders: list[list[int]] = []
    for _ in range(2):
        pairs = [(x.ravel().tolist(), y.tolist()) for x, y in loader]
        assert all(y == [10 * v for v in x] for x, y in pairs)
        orders.append([v for x, _ in pairs for v in x])
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(50))
    assert orders[0] != orders[1]
    assert orders[0] != sorted(orders[0])


def test_a_generator_of_its_own_repeats_and_leaves_the_default_one_alone() -> None:
    before = wengert.get_rng_state().tolist()
    orders = [
        [
            x.item()
            for x, _ in data.DataLoader(
                tensors(9), shuffle=True, generator=wengert.Generator().manual_seed(3)
            )
        ]
        for _ in range(2)
    ]
    assert orders[0] == orders[1]
    assert wengert.get_rng_state().tolist() == before


def test_a_batch_is_a_copy() -> None:
    source = tensors(4)
    for x, _ in data.DataLoader(source, batch_size=4):
        x.fill_(-1)
    assert source[2][0].item() == 2


def test_a_tensor_data_set_is_read_at_once() -> None:
    class Counted(data.TensorDataset):
        batch = data.TensorDataset.batch

        def __getitem__(self, index: Any) -> Any:
            raise AssertionError("asked for a single sample")

    counted = Counted(wengert.arange(6))
    part = data.Subset(data.Subset(counted, [5, 4, 3, 0]), [1, 0, 3])
    assert [x.tolist() for (x,) in data.DataLoader(part, batch_size=2)] == [[4, 5], [0]]
    assert [x.tolist() for (x,) in data.DataLoader(counted, batch_size=4)] == [[0, 1, 2, 3], [4, 5]]


class Doubled(data.TensorDataset):
    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(part * 2 for part in super().__getitem__(index))


def test_samples_that_a_subclass_changes_reach_the_batches() -> None:
    doubled = Doubled(wengert.arange(4))
    assert [b[0].tolist() for b in data.DataLoader(doubled, batch_size=2)] == [[0, 2], [4, 6]]
    some = data.Subset(doubled, [3, 1])
    assert [b[0].tolist() for b in data.DataLoader(some, batch_size=2)] == [[6, 2]]


def test_orders_that_a_subclass_changes_reach_the_batches() -> None:
    class Backwards(data.SequentialSampler):
        def __iter__(self) -> Any:
            return iter(range(len(self.data_source) - 1, -1, -1))

    class Swapped(data.BatchSampler):
        def __iter__(self) -> Any:
            return reversed(list(super().__iter__()))

    numbers = tensors(3)
    loader = data.DataLoader(numbers, batch_size=2, sampler=Backwards(numbers))
    assert [y.tolist() for _, y in loader] == [[20, 10], [0]]
    swapped = Swapped(data.SequentialSampler(numbers), 2, False)
    loader = data.DataLoader(numbers, batch_sampler=swapped)
    assert [y.tolist() for _, y in loader] == [[20], [0, 10]]


def test_a_sampler_without_end_and_one_of_names() -> None:
    class Named(dict[str, float]):
        batch = 32  # a name that is no method of reading batches

    assert list(data.DataLoader(Named(a=1.0), batch_size=2, sampler=["a", "a"]))[0].tolist() == [
        1.0,
        1.0,
    ]
    endless = data.BatchSampler(itertools.count(), 2)
    assert next(iter(endless)) == [0, 1]
    assert list(data.BatchSampler([(0, 1), (2, 3)], 2)) == [[(0, 1), (2, 3)]]


def test_arrays_make_a_tensor_data_set() -> None:
    made = data.TensorDataset(numpy.eye(3), numpy.arange(3))
    x, y = made[1]
    assert x.tolist() == [0.0, 1.0, 0.0]
    assert y.item() == 1
    with pytest.raises(ValueError) as caught:
        data.TensorDataset(wengert.zeros(3), wengert.zeros(2, 3))
    assert str(caught.value) == (
        "TensorDataset: tensors of shapes [(3,), (2, 3)] must have equally many samples along the "
        "first axis."
    )


def test_samplers() -> None:
    assert list(data.BatchSampler(data.SequentialSampler("abcde"), 2, True)) == [[0, 1], [2, 3]]
    assert len(data.BatchSampler(range(5), 2)) == 3
    few = data.RandomSampler("abcde", num_samples=3)
    assert len(set(few)) == len(few) == 3
    many = list(data.RandomSampler("ab", replacement=True, num_samples=100))
    assert len(many) == 100
    assert set(many) == {0, 1}
    loader = data.DataLoader(tensors(5), batch_size=2, sampler=[4, 0, 2])
    assert [x.ravel().tolist() for x, _ in loader] == [[4, 0], [2]]
    given = data.DataLoader(tensors(5), batch_sampler=[[4, 0], [2]])
    assert [x.ravel().tolist() for x, _ in given] == [[4, 0], [2]]
    assert len(given) == 2
    single = data.DataLoader(Numbers(3), batch_size=None)
    assert list(single) == [(0, 0.0), (1, 0.5), (2, 1.0)]
    assert len(single) == 3


def test_collating() -> None:
    Pair = namedtuple("Pair", ["a", "b"])
    samples = [
        {"n": 1, "x": 0.5, "t": wengert.zeros(2), "s": "one", "p": Pair(True, numpy.ones(1))},
        {"n": 2, "x": 1.5, "t": wengert.ones(2), "s": "two", "p": Pair(False, numpy.zeros(1))},
    ]
    batch = data.default_collate(samples)
    assert batch["n"].tolist() == [1, 2]
    assert batch["x"].dtype == wengert.float64
    assert batch["t"].tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert batch["s"] == ["one", "two"]
    assert type(batch["p"]) is Pair
    assert batch["p"].a.tolist() == [True, False]
    assert batch["p"].b.shape == (2, 1)
    with pytest.raises(TypeError) as caught:
        data.default_collate([object()])
    assert str(caught.value) == (
        "default_collate: samples of type object cannot be joined. Pass collate_fn=..., a function "
        "from a list of samples to a batch."
    )


def test_a_collate_function_gets_the_samples() -> None:
    loader = data.DataLoader(tensors(3), batch_size=2, collate_fn=len)
    assert list(loader) == [2, 1]


def test_random_split() -> None:
    wengert.manual_seed(0)
    parts = data.random_split(tensors(10), [7, 3])
    assert [len(part) for part in parts] == [7, 3]
    seen = [x.item() for part in parts for x, _ in data.DataLoader(part)]
    assert sorted(seen) == list(range(10))
    assert seen != sorted(seen)
    assert [len(part) for part in data.random_split(range(11), [0.5, 0.3, 0.2])] == [6, 3, 2]
    again = [
        data.random_split(range(10), [0.5, 0.5], wengert.Generator().manual_seed(1))[0].indices
        for _ in range(2)
    ]
    assert again[0] == again[1]
    with pytest.raises(ValueError) as caught:
        data.random_split(range(10), [7, 4])
    assert str(caught.value) == (
        "random_split: lengths [7, 4] do not add up to 10 samples (nor, as fractions, to 1)."
    )


def test_positions_from_the_end_and_a_whole_as_a_fraction() -> None:
    batches = data.DataLoader(tensors(5), batch_size=2, sampler=[-1, -5])
    assert [y.tolist() for _, y in batches] == [[40, 0]]
    assert [len(part) for part in data.random_split(range(10), [1.0, 0.0])] == [10, 0]


def test_contradicting_options() -> None:
    numbers = Numbers(3)
    with pytest.raises(ValueError, match="a sampler has its own order; leave shuffle out"):
        data.DataLoader(numbers, shuffle=True, sampler=[0])
    with pytest.raises(ValueError, match="batch_sampler gives whole batches"):
        data.DataLoader(numbers, batch_size=2, batch_sampler=[[0]])
    with pytest.raises(ValueError, match="no last batch without batch_size"):
        data.DataLoader(numbers, batch_size=None, drop_last=True)
    with pytest.raises(ValueError, match="batch_size=0 must be at least 1"):
        data.DataLoader(numbers, batch_size=0)
    with pytest.raises(ValueError, match="only with replacement=True"):
        data.RandomSampler(numbers, num_samples=4)
    with pytest.raises(NotImplementedError, match="Dataset has no length"):
        len(data.Dataset())


def test_a_progress_bar_shows_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    bar = data.progress(data.DataLoader(tensors(4), batch_size=2), "epoch 1")
    for _ in bar:
        bar.set_postfix(loss=0.5)
    shown = capsys.readouterr().err
    assert "epoch 1" in shown
    assert "2/2" in shown
    assert "loss=0.5" in shown
