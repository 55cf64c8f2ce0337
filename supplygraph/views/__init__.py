"""Pictures and pages of results. They know graph and results only, so no solver is needed."""

from supplygraph.views.page import View

__all__ = ["View"]
