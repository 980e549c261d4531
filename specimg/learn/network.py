"""The small convolutional network that compares frontends, the same for all."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.grad import conv2d_weight

CHANNELS = (16, 32, 64, 96)


class Network(nn.Module):
    """Four convolutions, and a linear layer over what they find in each pitch.

    Parameters
    ----------
    n_classes : int
    height : int
        Of the pictures, in pixels.
    """

    def __init__(self, n_classes: int, height: int) -> None:
        super().__init__()
        # The first halves the picture at once, where there is little to see yet.
        self.first = nn.Conv2d(3, CHANNELS[0], 3, 2, padding=1, bias=False)
        layers: list[nn.Module] = []
        for index, channels in enumerate(CHANNELS):
            if index > 0:
                before = CHANNELS[index - 1]
                layers.append(nn.Conv2d(before, channels, 3, padding=1, bias=False))
            layers += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
            if index in (1, 2):
                layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.features = nn.Sequential(*layers)
        rows = height
        for _ in range(3):
            rows = (rows + 1) // 2
        self.drop = nn.Dropout(0.3)
        self.classify = nn.Linear(2 * CHANNELS[-1] * rows, n_classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return a score a class for pictures in [0, 1].

        Their shape is (n, 3, height, width), or (n, 1, height, width) for what would
        be the same in all three channels.
        """
        weight = self.first.weight
        if pictures.shape[1] == 1:
            weight = weight.sum(1, keepdim=True)
        found = _Halving.apply(pictures - 0.5, weight)  # type: ignore[no-untyped-call]
        found = self.features(found)
        # Where in time a call lies means nothing; at which pitch means much.
        over_time = torch.cat([found.mean(-1), found.amax(-1)], dim=1)
        scores: Tensor = self.classify(self.drop(over_time.flatten(1)))
        return scores


class _Halving(torch.autograd.Function):
    """Convolution by 3 x 3 at every second place, with one pixel of zeros around.

    As torch's own, but for the gradient of the pictures, which only a learned frontend
    asks for: as below it takes a third of the time.
    """

    @staticmethod
    def forward(ctx: Any, pictures: Tensor, weight: Tensor) -> Tensor:  # noqa: ANN401 - torch's
        ctx.save_for_backward(pictures, weight)
        return nn.functional.conv2d(pictures, weight, stride=2, padding=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:  # noqa: ANN401
        pictures, weight = ctx.saved_tensors
        gradient = gradients[0].to(weight.dtype)
        for_pictures = None
        if ctx.needs_input_grad[0]:
            for_pictures = _through_halving(gradient, weight, pictures.shape)
        for_weight = conv2d_weight(  # type: ignore[no-untyped-call]
            pictures, weight.shape, gradient, stride=2, padding=1
        )
        return for_pictures, for_weight


def _through_halving(gradient: Tensor, weight: Tensor, shape: torch.Size) -> Tensor:
    """Return the gradient of the pictures.

    Of the 3 x 3 weights, an even row or column of the picture meets the middle one, an
    odd one the last, and the first of the next place.
    """
    order = [(1, 1), (1, 2), (2, 1), (2, 2), (1, 0), (0, 1), (2, 0), (0, 2), (0, 0)]
    mixed = torch.stack([weight[..., row, column] for row, column in order], -1)
    planes = mixed.flatten(1).T @ gradient.flatten(2)
    shaped = (len(gradient), weight.shape[1], len(order), *gradient.shape[-2:])
    planes = planes.view(shaped)
    found = planes[:, :, :4]
    found[:, :, 1::2, :, :-1] += planes[:, :, 4:7:2, :, 1:]
    found[:, :, 2:, :-1] += planes[:, :, 5:8:2, 1:]
    found[:, :, 3, :-1, :-1] += planes[:, :, 8, 1:, 1:]
    pictures = nn.functional.pixel_shuffle(found.flatten(1, 2), 2)
    return pictures[..., : shape[-2], : shape[-1]]
