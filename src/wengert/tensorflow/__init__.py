"""TensorFlow's names over the same record: `import wengert.tensorflow as tf`.

    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = v * v
    tape.gradient(y, v)                 # tensor(6.)

Tensors are Wengert's own. docs/differences.md says where this departs from TensorFlow.
"""

from ._tape import GradientTape, UnconnectedGradients
from ._variable import Variable, constant, convert_to_tensor

__all__ = ["GradientTape", "UnconnectedGradients", "Variable", "constant", "convert_to_tensor"]
