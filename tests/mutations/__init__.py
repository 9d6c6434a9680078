"""Planted mutations: a wrong line in a copy of the package must turn a named test red.

`python -m tests.mutations` runs them all, `python -m tests.mutations reverse` those whose name
holds the word. A mutation says which file, which text (it must occur exactly once), what stands
there instead, and the tests of which at least one must fail.
"""

from . import control_flow, core, declarations

MUTATIONS = [*declarations.MUTATIONS, *core.MUTATIONS, *control_flow.MUTATIONS]
