"""How Sphinx builds the documentation: ``make docs``."""

import sys
from pathlib import Path

import specimg

sys.path.insert(0, str(Path(__file__).with_name("_ext")))

project = "specimg"
author = "The specimg developers"
version = release = specimg.__version__

extensions = [
    "commands",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_ext"]

# A heading is a target, for links from other pages.
myst_heading_anchors = 3
# Dashes only; the quotes stay as they were typed.
smartquotes_action = "D"

# Types and defaults are in the docstrings, in the style of numpy.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["specimg.css"]
html_title = f"specimg {release}"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
