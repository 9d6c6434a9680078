"""The public functions: what modules name in `__all__` is at the top level of `wengert`."""

from __future__ import annotations

from .elementwise import arithmetic as _arithmetic
from .elementwise import comparison as _comparison
from .elementwise import complex_numbers as _complex_numbers
from .elementwise import logic as _logic
from .elementwise import rounding as _rounding
from .elementwise import special as _special
from .elementwise import transcendental as _transcendental
from .elementwise.arithmetic import *
from .elementwise.comparison import *
from .elementwise.complex_numbers import *
from .elementwise.logic import *
from .elementwise.rounding import *
from .elementwise.special import *
from .elementwise.transcendental import *
from .linear_algebra import distances as _distances
from .linear_algebra import einsum as _einsum
from .linear_algebra import factors as _factors
from .linear_algebra import matrix as _matrix
from .linear_algebra import matrix_functions as _matrix_functions
from .linear_algebra import matrix_sums as _matrix_sums
from .linear_algebra import older_linalg as _older_linalg
from .linear_algebra import solving as _solving
from .linear_algebra import spectra as _spectra
from .linear_algebra.distances import *
from .linear_algebra.einsum import *
from .linear_algebra.factors import *
from .linear_algebra.matrix import *
from .linear_algebra.matrix_functions import *
from .linear_algebra.matrix_sums import *
from .linear_algebra.older_linalg import *
from .linear_algebra.solving import *
from .linear_algebra.spectra import *
from .losses import numbered as _numbered
from .losses.numbered import *
from .making import creation as _creation
from .making import dtype_functions as _dtype_functions
from .making import filling as _filling
from .making import random as _random
from .making import sampling as _sampling
from .making import spacing as _spacing
from .making.creation import *
from .making.dtype_functions import *
from .making.filling import *
from .making.random import *
from .making.sampling import *
from .making.spacing import *
from .networks import activations as _activations
from .networks import adaptive_pooling as _adaptive_pooling
from .networks import bilinear as _bilinear
from .networks import channels as _channels
from .networks import convolution as _convolution
from .networks import drops as _drops
from .networks import normalization as _normalization
from .networks import padding as _padding
from .networks import pooling as _pooling
from .networks import rectifiers as _rectifiers
from .networks import sampling_grid as _sampling_grid
from .networks import tables as _tables
from .networks import top_forms as _top_forms
from .networks.activations import *
from .networks.adaptive_pooling import *
from .networks.bilinear import *
from .networks.channels import *
from .networks.convolution import *
from .networks.drops import *
from .networks.normalization import *
from .networks.padding import *
from .networks.pooling import *
from .networks.rectifiers import *
from .networks.sampling_grid import *
from .networks.tables import *
from .networks.top_forms import *
from .places import indexing as _indexing
from .places import masking as _masking
from .places import scattering as _scattering
from .places import writes as _writes
from .places.indexing import *
from .places.masking import *
from .places.scattering import *
from .places.writes import *
from .reductions import cumulative as _cumulative
from .reductions import distinct as _distinct
from .reductions import histograms as _histograms
from .reductions import norms as _norms
from .reductions import ordering as _ordering
from .reductions import reduction as _reduction
from .reductions import segments as _segments
from .reductions import statistics as _statistics
from .reductions.cumulative import *
from .reductions.distinct import *
from .reductions.histograms import *
from .reductions.norms import *
from .reductions.ordering import *
from .reductions.reduction import *
from .reductions.segments import *
from .reductions.statistics import *
from .shaping import copies as _copies
from .shaping import joining as _joining
from .shaping import rearranging as _rearranging
from .shaping import shape as _shape
from .shaping import splitting as _splitting
from .shaping import views as _views
from .shaping.copies import *
from .shaping.joining import *
from .shaping.rearranging import *
from .shaping.shape import *
from .shaping.splitting import *
from .shaping.views import *
from .signals import short_time as _short_time
from .signals import window_functions as _window_functions
from .signals.short_time import *
from .signals.window_functions import *

__all__: list[str] = []
__all__ += _activations.__all__
__all__ += _adaptive_pooling.__all__
__all__ += _arithmetic.__all__
__all__ += _bilinear.__all__
__all__ += _channels.__all__
__all__ += _comparison.__all__
__all__ += _complex_numbers.__all__
__all__ += _convolution.__all__
__all__ += _copies.__all__
__all__ += _creation.__all__
__all__ += _cumulative.__all__
__all__ += _distances.__all__
__all__ += _distinct.__all__
__all__ += _drops.__all__
__all__ += _dtype_functions.__all__
__all__ += _einsum.__all__
__all__ += _factors.__all__
__all__ += _filling.__all__
__all__ += _histograms.__all__
__all__ += _indexing.__all__
__all__ += _joining.__all__
__all__ += _logic.__all__
__all__ += _masking.__all__
__all__ += _matrix.__all__
__all__ += _matrix_functions.__all__
__all__ += _matrix_sums.__all__
__all__ += _normalization.__all__
__all__ += _norms.__all__
__all__ += _older_linalg.__all__
__all__ += _numbered.__all__
__all__ += _ordering.__all__
__all__ += _padding.__all__
__all__ += _pooling.__all__
__all__ += _random.__all__
__all__ += _rearranging.__all__
__all__ += _rectifiers.__all__
__all__ += _reduction.__all__
__all__ += _rounding.__all__
__all__ += _sampling.__all__
__all__ += _sampling_grid.__all__
__all__ += _scattering.__all__
__all__ += _segments.__all__
__all__ += _shape.__all__
__all__ += _short_time.__all__
__all__ += _solving.__all__
__all__ += _spacing.__all__
__all__ += _special.__all__
__all__ += _spectra.__all__
__all__ += _splitting.__all__
__all__ += _statistics.__all__
__all__ += _tables.__all__
__all__ += _top_forms.__all__
__all__ += _transcendental.__all__
__all__ += _views.__all__
__all__ += _window_functions.__all__
__all__ += _writes.__all__
