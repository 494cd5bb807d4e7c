"""Reinforcement learning that starts from a clone: task, reward, residual actor and critics, and the run."""
