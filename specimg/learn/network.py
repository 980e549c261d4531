"""The small convolutional network that compares frontends, the same for all."""

import torch
from torch import Tensor, nn

CHANNELS = (16, 32, 64, 96)


class Network(nn.Module):
    """Four convolutions, and a linear layer over what they find at each pitch.

    Parameters
    ----------
    n_classes : int
    height : int
        Height of the pictures, in pixels.
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
        """Return the scores of pictures, shape (n, n_classes).

        Parameters
        ----------
        pictures : Tensor, shape (n, 3, height, width) or (n, 1, height, width)
            In [0, 1].  One channel stands for three that are the same.
        """
        weight = self.first.weight
        # The sum over three equal channels, in a third of the multiplications.
        if pictures.shape[1] == 1:
            weight = weight.sum(1, keepdim=True)
        first = nn.functional.conv2d(pictures - 0.5, weight, stride=2, padding=1)
        features = self.features(first)
        # Where in time a call lies means nothing; at which pitch means much.
        over_time = torch.cat([features.mean(-1), features.amax(-1)], dim=1)
        scores: Tensor = self.classify(self.drop(over_time.flatten(1)))
        return scores
