"""One figure of one clip: its waveform, and its picture from several frontends.

An optional part: it imports the core, and nothing of the core imports it.  Only
`specimg.figure.figure` needs matplotlib.
"""
