"""Inert stand-in for Keras, which comes with TensorFlow: see the package `tensorflow` beside this one."""

import sys

from tensorflow import InertModule

sys.modules[__name__] = InertModule(__name__)
