"""tf.keras.utils."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..random import set_seed as set_random_seed
from ._names import forget_names as clear_session


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray[Any, Any]:
    """Class indices as rows of zeros with a one: an array of float32.

    >>> to_categorical([1, 0], 2).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    index = np.asarray(x, np.int64)
    if index.ndim > 1 and index.shape[-1] == 1:
        index = index[..., 0]
    count = int(index.max()) + 1 if num_classes is None else num_classes
    return np.eye(count, dtype=np.float32)[index]


__all__ = ["clear_session", "set_random_seed", "to_categorical"]
