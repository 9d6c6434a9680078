"""Graphics processors, after torch.cuda: there are none, and a program can ask."""

from ._base.device import device_count, is_available

__all__ = ["device_count", "is_available"]
