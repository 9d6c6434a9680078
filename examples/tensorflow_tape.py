"""TensorFlow's tape: derivatives of constants and variables, and networks trained with them.

Run it with ``python examples/tensorflow_tape.py``; docs/tutorials/tensorflow.md explains each step.
"""

import wengert.tensorflow as tf


def first_and_second_derivatives() -> None:
    print("1. Derivatives at x = 2")
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        y = x**2
    print(f"   d(x^2)/dx    = {float(tape.gradient(y, x))}")
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x**3
        slope = inner.gradient(y, x)
    print(f"   d(x^3)/dx    = {float(slope)}")
    print(f"   d2(x^3)/dx2  = {float(outer.gradient(slope, x))}")


def several_sources() -> None:
    print("2. Several sources, and a tape that is asked twice")
    w, b = tf.Variable(3.0, trainable=True), tf.Variable(1.0)
    x = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        y = w * x + b
        loss = tf.reduce_sum(y**2)
    grad_w, grad_b = tape.gradient(loss, [w, b])
    print(f"   d loss / dw, db        = {float(grad_w)}, {float(grad_b)}")
    print(f"   d y / dw, as Jacobian  = {tape.jacobian(y, w).numpy().tolist()}")


def an_assignment() -> None:
    print("3. A variable that is assigned inside the tape")
    v = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        v.assign(v * 3)
        y = v**2
    print(f"   v = 3v; y = v^2: dy/dv at v = 1 is {float(tape.gradient(y, v))}")


def a_line_by_hand() -> None:
    print("4. A plane, with a loop of our own")
    tf.random.set_seed(1)
    x = tf.random.normal([200, 2])
    y = tf.matmul(x, [[2.0], [-3.0]]) + 1.0
    w, b = tf.Variable(tf.random.normal([2, 1])), tf.Variable([0.0])
    optimizer = tf.optimizers.SGD(learning_rate=0.1)
    for _ in range(100):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.losses.mean_squared_error(y, tf.matmul(x, w) + b))
        grads = tape.gradient(loss, [w, b])
        optimizer.apply_gradients([(grads[0], w), (grads[1], b)])
    found = [*w.numpy()[:, 0], *b.numpy()]
    print(f"   found {found[0]:.4f} {found[1]:.4f} {found[2]:.4f}")


def a_network() -> None:
    print("5. A network, trained by hand and by fit")
    tf.random.set_seed(2)
    x = tf.random.normal([256, 5])
    y = tf.sin(tf.reduce_sum(x, axis=1, keepdims=True))

    def network():
        return tf.keras.Sequential(
            [
                tf.keras.layers.Dense(10, activation="relu", input_shape=(5,)),
                tf.keras.layers.Dense(1),
            ]
        )

    model, optimizer = network(), tf.optimizers.Adam(learning_rate=0.01)
    shapes = [tuple(v.shape) for v in model.trainable_variables]
    print(f"   variables {shapes}")
    for step in range(201):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.losses.mean_squared_error(y, model(x)))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
        if step % 100 == 0:
            print(f"   step {step:3d}  loss {float(loss):.4f}")
    other = network()
    other.compile(optimizer=tf.optimizers.Adam(learning_rate=0.01), loss="mse", metrics=["mae"])
    history = other.fit(x, y, epochs=20, validation_split=0.25, verbose=0)
    first, last = history.history["loss"][0], history.history["loss"][-1]
    print(f"   fit: loss {first:.4f} in the first epoch, {last:.4f} in the last")
    print(f"   evaluate: {dict(zip(other.metrics_names, other.evaluate(x, y, verbose=0)))}")
    print(f"   predict: {other.predict(x[:2], verbose=0).shape}")


if __name__ == "__main__":
    first_and_second_derivatives()
    several_sources()
    an_assignment()
    a_line_by_hand()
    a_network()
