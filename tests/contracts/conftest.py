"""The fixtures of the learner's tests."""

from tests.alvinn.fixtures import model

__all__ = ["model"]
