"""Where torch computes."""

import torch

from specimg.errors import ParameterError


def choose_device(name: str) -> torch.device:
    """Return a device by its name; ``auto`` is the fastest that there is.

    Raises
    ------
    ParameterError
        torch has no such device on this machine.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(
            next(key for key, is_there in available.items() if is_there)
        )
    if not available.get(name, False):
        there = ", ".join(key for key, is_there in available.items() if is_there)
        msg = f"--device {name}: torch finds none here; there is {there}"
        raise ParameterError(msg)
    return torch.device(name)
