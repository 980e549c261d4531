"""From the samples of a clip to the pixels of its picture.

Knows nothing of files, or of how clips were chosen.  In the order of the data: `mel`,
`normalize`, `frontends`, `image`, `png`; `pipeline` strings them together.
"""
