"""Train on handwritten digits, eager and compiled side by side, and write demo/report.html.

python demo/run.py              # train, compare, report
python demo/run.py --seeds 5    # mean and spread of the test accuracy over five seeds
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from demo import training

ALLOWED = 1e-4
COMPARED = 50
REPORT = Path(__file__).resolve().parent / "report.html"
BAR = "{desc} {percentage:3.0f}% |{bar}| {elapsed}<{remaining}{postfix}"


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration; 1 if the two ways to train disagree."""
    parser = argparse.ArgumentParser(prog="demo/run.py", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of the split, weights and batches")
    parser.add_argument("--seeds", type=int, metavar="N", help="only the accuracy, over N seeds")
    parser.add_argument("--epochs", type=int, default=training.EPOCHS)
    parser.add_argument("--backend", choices=("native", "numpy"), default="native")
    options = parser.parse_args(arguments)
    # With a thread for each core, a BLAS waits for the slowest: on a busy machine, for long.
    with threadpool_limits(1):
        if options.seeds is not None:
            return several(options.seeds, options.epochs, options.backend)
        return side_by_side(options.seed, options.epochs, options.backend)


def side_by_side(seed: int, epochs: int, backend: str) -> int:
    """Train both ways, compare, and write the report."""
    started = time.perf_counter()
    run = training.begin(seed, names=training.SIDES, epochs=epochs, backend=backend)
    count = len(run.data.train_labels), len(run.data.test_labels)
    print(f"UCI handwritten digits: {count[0]} to train on, {count[1]} held out (seed {seed})")
    print(f"Network: 2 convolutions, 2 linear layers, {run.parameters:,} parameters")
    follow(run, "training")
    eager, jitted = run.sides.values()
    distance = run.disagreement(COMPARED)
    agree = distance <= ALLOWED
    print(f"{'':<24}{'eager':>10}{'jit':>10}")
    rows = [
        ("test accuracy", [f"{100 * side.accuracies[-1]:.2f} %" for side in (eager, jitted)]),
        ("steps per second", [f"{side.steps_per_second:.0f}" for side in (eager, jitted)]),
        ("first step, ms", [f"{1000 * side.durations[0]:.0f}" for side in (eager, jitted)]),
    ]
    for label, (left, right) in rows:
        print(f"{label:<24}{left:>10}{right:>10}")
    print(
        f"Loss curves over the first {COMPARED} steps: at most {distance:.1e} apart "
        f"({'within' if agree else 'NOT within'} {ALLOWED:.0e})"
    )
    from demo import report

    report.write(REPORT, report.page(run, COMPARED, ALLOWED))
    print(
        f"Wrote {REPORT.relative_to(REPORT.parent.parent)}; {time.perf_counter() - started:.0f} s"
    )
    return 0 if agree else 1


def several(seeds: int, epochs: int, backend: str) -> int:
    """Train the compiled side once for each seed; the split depends on the seed as well."""
    found: list[float] = []
    for seed in range(seeds):
        run = training.begin(seed, names=("jit",), epochs=epochs, backend=backend)
        follow(run, f"seed {seed}")
        found.append(run.sides["jit"].accuracies[-1])
        print(f"seed {seed}: test accuracy {100 * found[-1]:.2f} %")
    mean, spread = 100 * np.mean(found), 100 * np.std(found, ddof=min(1, seeds - 1))
    print(f"test accuracy over {seeds} seeds: mean {mean:.2f} %, standard deviation {spread:.2f} %")
    return 0


def follow(run: training.Run, label: str) -> None:
    """Train with a live bar on a terminal, and with a line now and then elsewhere."""
    live = sys.stderr.isatty()
    total = run.epochs * run.steps_per_epoch
    with tqdm(total=total, desc=label, bar_format=BAR, disable=not live, leave=False) as bar:
        for step, _ in enumerate(training.train(run), start=1):
            bar.update()
            if live and step % 10 == 0:
                bar.set_postfix_str(numbers(run), refresh=False)
            elif not live and step % (10 * run.steps_per_epoch) == 0:
                epoch = step // run.steps_per_epoch
                print(f"{label}: epoch {epoch} of {run.epochs}, {numbers(run)}", flush=True)


def numbers(run: training.Run) -> str:
    """The latest loss and the speeds, short enough for the end of a bar."""
    sides = list(run.sides.values())
    recent = [1 / float(np.mean(side.durations[-20:])) for side in sides]
    speeds = ", ".join(
        f"{side.name} {speed:.0f}/s" for side, speed in zip(sides, recent, strict=True)
    )
    return f"loss {sides[-1].losses[-1]:.3f}, {speeds}"


if __name__ == "__main__":
    sys.exit(main())
